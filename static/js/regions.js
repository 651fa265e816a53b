/** The map in words: how much of the plane each class has, where, and how sure the network is. Pure functions. */

/** @import { Picture } from "./types/app.js" */

import { formatPercent } from "./lib/format.js";

/** The square in nine parts, row by row from the top left. */
const PARTS = [
  "top left",
  "top",
  "top right",
  "left",
  "middle",
  "right",
  "bottom left",
  "bottom",
  "bottom right",
];
const MIDDLE = 4;
/** Sets of parts that have a name of their own. */
const SHAPES = /** @type {const} */ ([
  ["012", "along the top"],
  ["678", "along the bottom"],
  ["036", "along the left side"],
  ["258", "along the right side"],
  ["012345", "in the upper two thirds"],
  ["345678", "in the lower two thirds"],
  ["013467", "in the left two thirds"],
  ["124578", "in the right two thirds"],
  ["345", "in a band from left to right"],
  ["147", "in a band from top to bottom"],
  ["048", "along the diagonal from top left to bottom right"],
  ["246", "along the diagonal from bottom left to top right"],
  ["4", "in the middle"],
]);
/** A class that has this share of a part is said to be there. */
const MOST = 0.6;
/** A class with less than this share of the square is not worth a place. */
const LEAST = 0.005;
/** How far to one side, as a part of what is possible, a class lies that is said to lie there. */
const ASIDE = 0.7;
/** The parts at the rim, anticlockwise from the right. */
const ROUND = [5, 2, 1, 0, 3, 6, 7, 8];
/** From which output, and from which probability on, the network is called sure. */
const SURE_OUTPUT = 0.8;
const SURE_PROBABILITY = 0.9;

/**
 * @param {Picture} picture of the output
 * @param {number} classes 0 for values
 * @returns {string}
 */
export function describeRegions(picture, classes) {
  return classes === 0 ? describeValues(picture) : describeClasses(picture, classes);
}

/**
 * @param {Picture} picture
 * @param {number} count
 * @returns {string}
 */
function describeClasses({ bytes, classes, side }, count) {
  const cells = Array.from({ length: count }, () => new Array(PARTS.length).fill(0));
  const sizes = new Array(PARTS.length).fill(0);
  const centres = cells.map(() => ({ x: 0, y: 0 }));
  let sure = 0;
  for (let index = 0; index < bytes.length; index++) {
    const value = signed(bytes[index] ?? 0);
    const number = classes ? (classes[index] ?? 0) : value < 0 ? 1 : 0;
    const part = partOf(index, side);
    const row = cells[number];
    if (row) row[part] += 1;
    const centre = centres[number];
    if (centre) {
      centre.x += (2 * (index % side)) / (side - 1) - 1;
      centre.y += 1 - (2 * Math.floor(index / side)) / (side - 1);
    }
    sizes[part] += 1;
    if (classes ? value >= SURE_PROBABILITY : Math.abs(value) >= SURE_OUTPUT) sure += 1;
  }
  const names = count === 2 ? ["blue", "orange"] : cells.map((_, number) => `class ${number}`);
  const shares = cells.map((row) => row.reduce((sum, cell) => sum + cell, 0) / bytes.length);
  const told = [...shares.keys()]
    .filter((number) => (shares[number] ?? 0) >= LEAST)
    .sort((one, other) => (shares[other] ?? 0) - (shares[one] ?? 0))
    .map((number) => {
      const coverage = (cells[number] ?? []).map((cell, part) => cell / Math.max(1, sizes[part]));
      const share = shares[number] ?? 0;
      const { x, y } = centres[number] ?? { x: 0, y: 0 };
      const count = share * bytes.length;
      const place = whereIs(coverage, { x: x / count, y: y / count }, share);
      return `${names[number]} ${place} (${formatPercent(share)} of the square)`;
    });
  return `${capital(told.join("; "))}. ${describeCertainty(sure / bytes.length)}`;
}

/** @param {Picture} picture */
function describeValues({ bytes, side }) {
  const sums = new Array(PARTS.length).fill(0);
  const sizes = new Array(PARTS.length).fill(0);
  for (let index = 0; index < bytes.length; index++) {
    const part = partOf(index, side);
    sums[part] += signed(bytes[index] ?? 0);
    sizes[part] += 1;
  }
  const means = sums.map((sum, part) => sum / Math.max(1, sizes[part]));
  const lowest = Math.min(...means);
  const highest = Math.max(...means);
  if (highest - lowest < 0.05) return `About ${decimal((highest + lowest) / 2)} everywhere.`;
  const place = (/** @type {number} */ mean) => placeOf(means.indexOf(mean));
  const low = `Lowest ${place(lowest)} (about ${decimal(lowest)})`;
  return `${low}, highest ${place(highest)} (about ${decimal(highest)}).`;
}

/**
 * Where a class is, from the share that it has of each part.
 * @param {number[]} coverage
 * @param {{ x: number, y: number }} centre of the class, −1 … 1 from left to right and from bottom to top
 * @param {number} size its share of the square
 * @returns {string}
 */
export function whereIs(coverage, centre, size) {
  const parts = [...coverage.keys()].filter((part) => (coverage[part] ?? 0) >= MOST);
  if (parts.length === PARTS.length) return "nearly everywhere";
  const middle = coverage[MIDDLE] ?? 0;
  const rim = coverage.filter((_, part) => part !== MIDDLE);
  if (middle < 1 - MOST + 0.1 && rim.every((share) => share >= 0.5)) return "all around";
  const shape = SHAPES.find(([set]) => set === parts.join(""));
  if (shape) return shape[1];
  if (parts.length > 1 && Math.hypot(centre.x, centre.y) >= ASIDE * (1 - size))
    return `towards the ${sideOf(centre)}`;
  if (parts.length === 0) {
    const best = Math.max(...coverage);
    const spread = coverage.filter((share) => share >= 0.25).length;
    return spread > 4 ? "spread over the square" : `mostly ${placeOf(coverage.indexOf(best))}`;
  }
  if (parts.length <= 3) return joined(parts.map(placeOf));
  const missing = [...PARTS.keys()].filter((part) => !parts.includes(part));
  if (missing.length <= 3) return `everywhere but ${joined(missing.map(placeOf))}`;
  return "spread over the square";
}

/** @param {{ x: number, y: number }} centre */
function sideOf({ x, y }) {
  const eighth = Math.round((Math.atan2(y, x) / Math.PI) * 4 + 8) % 8;
  return PARTS[ROUND[eighth] ?? MIDDLE] ?? "";
}

/** @param {number} share of the square where it is sure */
function describeCertainty(share) {
  if (share >= 0.95) return "Sure nearly everywhere.";
  if (share < 0.05) return "Hardly sure anywhere.";
  return `Sure over ${formatPercent(share)} of the square, undecided elsewhere.`;
}

/**
 * How good it is on points it has not learned from.
 * @param {number} score accuracy or R²
 * @param {number} classes 0 for values
 * @returns {string}
 */
export function describeScore(score, classes) {
  if (!Number.isFinite(score)) return "";
  if (classes === 0) return `R\u00b2 on the test points is ${decimal(score)}.`;
  return `${formatPercent(score, 1)} of the test points are right.`;
}

/**
 * @param {number} index of a cell, row by row
 * @param {number} side
 * @returns {number}
 */
function partOf(index, side) {
  const third = (/** @type {number} */ place) => Math.min(2, Math.floor((3 * place) / side));
  return 3 * third(Math.floor(index / side)) + third(index % side);
}

/** @param {number} part */
function placeOf(part) {
  if (part === MIDDLE) return "in the middle";
  const name = PARTS[part] ?? "";
  return name === "left" || name === "right" ? `on the ${name}` : `at the ${name}`;
}

/**
 * @param {string[]} items
 * @returns {string}
 */
function joined(items) {
  return items.length < 2 ? (items[0] ?? "") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

/** @param {number} byte the two's complement of −127 … 127 */
function signed(byte) {
  return (byte < 128 ? byte : byte - 256) / 127;
}

/** @param {number} value */
function decimal(value) {
  return value.toFixed(2).replace("-", "\u2212");
}

/** @param {string} text */
function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
