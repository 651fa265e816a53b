/** How colours look, and how different: also to people who see fewer of them. */

/** @typedef {[red: number, green: number, blue: number]} Rgb each 0 … 255 */

/** Machado, Oliveira and Fernandes 2009, severity 1, for linear light. */
export const SIGHTS = {
  usual: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};

/**
 * @param {string} hex such as `#f59322`
 * @returns {Rgb}
 */
export function fromHex(hex) {
  return /** @type {Rgb} */ ([1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)));
}

/** @param {number} value 0 … 255 */
function linear(value) {
  const share = value / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

/**
 * @param {number[]} matrix row by row
 * @param {number[]} vector
 */
function times(matrix, vector) {
  return [0, 3, 6].map((row) =>
    vector.reduce((sum, value, index) => sum + value * (matrix[row + index] ?? 0), 0),
  );
}

/**
 * A colour as somebody sees it, in the space Oklab (Ottosson 2020).
 * @param {Rgb} color
 * @param {number[]} sight
 */
function seen(color, sight) {
  const light = times(sight, color.map(linear)).map((value) => Math.min(1, Math.max(0, value)));
  const cones = times(
    [
      0.4122214708, 0.5363325363, 0.0514459929, 0.2119034982, 0.6806995451, 0.1073969566, 0.0883024619,
      0.2817188376, 0.6299787005,
    ],
    light,
  ).map(Math.cbrt);
  return times(
    [
      0.2104542553, 0.793617785, -0.0040720468, 1.9779984951, -2.428592205, 0.4505937099, 0.0259040371,
      0.7827717662, -0.808675766,
    ],
    cones,
  );
}

/**
 * How different two colours are; 0.02 is just visible side by side, black and white are 1 apart.
 * @param {Rgb} one
 * @param {Rgb} other
 * @param {number[]} sight
 */
export function difference(one, other, sight) {
  const there = seen(other, sight);
  return Math.hypot(...seen(one, sight).map((value, index) => value - (there[index] ?? 0)));
}
