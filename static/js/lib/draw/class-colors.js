/** Lookup tables that turn classes and their probabilities into pixels. */

import { buildPalette, mix, toPixel } from "./color.js";

/** @import { Rgb } from "./color.js" */

/** Number of values of a probability: the bytes 0 … 127. */
const STEPS = 128;

/**
 * The colour of a cell's most probable class, paler with less probability, down to the ground where all classes are equally likely.
 * @param {Rgb[]} colors one per class
 * @param {Rgb} ground
 * @returns {Uint32Array} indexed by 128 · class + probability
 */
export function buildClassMap(colors, ground) {
  const least = 1 / colors.length;
  return buildTable(colors, (color, probability) =>
    mix(ground, color, Math.max(0, (probability - least) / (1 - least))),
  );
}

/**
 * The same without the probability.
 * @param {Rgb[]} colors one per class
 * @returns {Uint32Array} indexed by 128 · class + probability
 */
export function buildClassAreas(colors) {
  return buildTable(colors, (color) => color);
}

/**
 * @param {Rgb[]} colors
 * @param {(color: Rgb, probability: number) => Rgb} colorOf
 * @returns {Uint32Array}
 */
function buildTable(colors, colorOf) {
  const table = new Uint32Array(colors.length * STEPS);
  colors.forEach((color, index) => {
    for (let byte = 0; byte < STEPS; byte++) {
      table[index * STEPS + byte] = toPixel(colorOf(color, byte / (STEPS - 1)));
    }
  });
  return table;
}

/**
 * The palette of one class' output unit: from the ground at probability 0 (byte −1) to the colour of the class.
 * @param {Rgb} color
 * @param {Rgb} ground
 * @param {boolean} halves two colours only: whether it is more probable than not
 * @returns {Uint32Array} indexed by the unsigned byte
 */
export function buildClassUnit(color, ground, halves) {
  return buildPalette((value) => mix(ground, color, halves ? Number(value > 0) : (value + 1) / 2));
}
