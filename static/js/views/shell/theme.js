/** The theme: automatic, light, dark or projector, stored in the browser. */

import { createEmitter } from "../../lib/data/emitter.js";
import { readPalettes } from "../../lib/draw/palettes.js";
import { phrase } from "../../lib/text/i18n.js";

/** @import { Emitter } from "../../lib/data/emitter.js" */
/** @import { Palettes, View } from "../../types/app.js" */

const THEMES = /** @type {const} */ (["auto", "light", "dark", "projector"]);

/** @typedef {{ change: (palettes: Palettes) => void }} ThemeEvents */

/** @typedef {View<void> & { next: () => void, palettes: Palettes, on: Emitter<ThemeEvents>["on"] }} Theme */

/**
 * @param {HTMLElement} root the document's root element
 * @param {{ button: HTMLElement }} options
 * @returns {Theme}
 */
export function createTheme(root, { button }) {
  /** @type {Emitter<ThemeEvents>} */
  const { on, emit } = createEmitter();
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const scope = new AbortController();
  /** @type {typeof THEMES[number]} */
  let theme = THEMES.find((name) => name === root.dataset.theme) ?? "auto";

  /** @type {Palettes} */
  let palettes;

  function apply() {
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    button.setAttribute("aria-label", phrase("theme.colours", { theme: phrase(`theme.${theme}`) }));
    palettes = readPalettes(root);
    emit("change", palettes);
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
  return {
    on,
    /** The colours of the present theme. */
    get palettes() {
      return palettes;
    },
    update: apply,
    next,
    destroy: () => scope.abort(),
  };
}
