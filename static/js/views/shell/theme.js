/** The theme: automatic, light, dark or projector, stored in the browser. */

import { readPalettes } from "../../lib/draw/palettes.js";
import { phrase } from "../../lib/text/i18n.js";

/** @import { Palettes, View } from "../../types/app.js" */

const THEMES = /** @type {const} */ (["auto", "light", "dark", "projector"]);

/**
 * @param {HTMLElement} root the document's root element
 * @param {{ button: HTMLElement, onChange: (palettes: Palettes) => void }} options
 * @returns {View<void> & { next: () => void }}
 */
export function createTheme(root, { button, onChange }) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const scope = new AbortController();
  /** @type {typeof THEMES[number]} */
  let theme = THEMES.find((name) => name === root.dataset.theme) ?? "auto";

  function apply() {
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    button.setAttribute("aria-label", phrase("theme.colours", { theme: phrase(`theme.${theme}`) }));
    onChange(readPalettes(root));
  }

  function next() {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "auto";
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // Storage may be forbidden; then the choice lasts as long as the page.
    }
    apply();
  }

  dark.addEventListener("change", apply, { signal: scope.signal });
  apply();
  return { update: apply, next, destroy: () => scope.abort() };
}
