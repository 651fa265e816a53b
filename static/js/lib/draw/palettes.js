/** The palettes of a theme: lookup tables from bytes to pixels, and colours of points and links. */

import { buildClassAreas, buildClassMap, buildClassUnit } from "./class-colors.js";
import { MARKS } from "./class-shapes.js";
import { buildPalette, buildScale, diverging, readColors, toCss } from "./color.js";

/** @import { Palettes } from "../../types/app.js" */

/** Steps of the colour scale for points and links. */
const SCALE_STEPS = 33;

/**
 * @param {HTMLElement} root
 * @param {[string, string, string]} names of the colours at −1, 0 and 1
 * @returns {(value: number) => import("./color.js").Rgb}
 */
function scaleOf(root, names) {
  const [negative, zero, positive] = readColors(root, names);
  if (!negative || !zero || !positive) throw new Error("The theme lacks a colour");
  return (value) => diverging(negative, zero, positive, value);
}

/** @param {HTMLElement} root */
function readClasses(root) {
  const numbers = Array.from({ length: MARKS }, (_, index) => index);
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

/**
 * The lookup table from the bytes of a picture to pixels.
 * @param {{ palettes: Palettes, discretize: boolean, classes: number, shown: number | null }} about `shown` is the class whose
 *   probability the picture is
 * @param {boolean} ofClasses whether each cell has a class
 * @returns {Uint32Array}
 */
export function paletteFor({ palettes, discretize, classes, shown }, ofClasses) {
  const two = discretize ? palettes.discrete : palettes.smooth;
  if (ofClasses) return (discretize ? palettes.classAreas : palettes.classMaps)[classes] ?? two;
  if (shown === null) return two;
  return (discretize ? palettes.classHalves : palettes.classUnits)[shown] ?? two;
}
