/** The theme: automatic, light, dark or projector, stored in the browser; and the palettes of the present theme. */

import { buildClassAreas, buildClassMap, buildClassUnit } from "../../lib/draw/class-colors.js";
import { buildPalette, buildScale, diverging, readColors, toCss } from "../../lib/draw/color.js";
import { phrase } from "../../lib/text/i18n.js";
import { MOST_CLASSES } from "../../own-data/point-set.js";

/** @import { Palettes, View } from "../../types/app.js" */

const THEMES = /** @type {const} */ (["auto", "light", "dark", "projector"]);
/** Steps of the colour scale for points and links. */
const SCALE_STEPS = 33;

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

/**
 * @param {HTMLElement} root
 * @param {[string, string, string]} names of the colours at −1, 0 and 1
 * @returns {(value: number) => import("../../lib/draw/color.js").Rgb}
 */
function scaleOf(root, names) {
  const [negative, zero, positive] = readColors(root, names);
  if (!negative || !zero || !positive) throw new Error("The theme lacks a colour");
  return (value) => diverging(negative, zero, positive, value);
}

/** @param {HTMLElement} root */
function readClasses(root) {
  const numbers = Array.from({ length: MOST_CLASSES }, (_, index) => index);
  const strong = readColors(
    root,
    numbers.map((number) => `--class-${number}`),
  );
  const [ground, ...soft] = readColors(root, [
    "--map-zero",
    ...numbers.map((number) => `--map-class-${number}`),
  ]);
  if (!ground) throw new Error("The theme lacks a colour");
  const firsts = [0, ...numbers].map((_, count) => soft.slice(0, count));
  return {
    classes: strong.map(toCss),
    classMaps: firsts.map((colors) => buildClassMap(colors, ground)),
    classAreas: firsts.map(buildClassAreas),
    classUnits: soft.map((color) => buildClassUnit(color, ground, false)),
    classHalves: soft.map((color) => buildClassUnit(color, ground, true)),
  };
}

/**
 * The palettes of pictures under the style of an element.
 * @param {HTMLElement} root
 * @returns {Palettes}
 */
export function readPalettes(root) {
  const strong = scaleOf(root, ["--negative", "--zero", "--positive"]);
  const soft = scaleOf(root, ["--map-negative", "--map-zero", "--map-positive"]);
  return {
    smooth: buildPalette(soft),
    discrete: buildPalette((value) => soft(value < 0 ? -1 : 1)),
    scale: buildScale(strong, SCALE_STEPS),
    ...readClasses(root),
  };
}
