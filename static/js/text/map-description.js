/** A description of the map in words: the area and place of each class, and how certain the network is. */

/** @import { Picture } from "../types/app.js" */

import { formatFixed, formatPercent } from "../lib/text/format.js";
import { joined, phrase } from "../lib/text/i18n.js";

/** Number of parts of the square: three rows of three, from the top left. */
const PARTS = 9;
const MIDDLE = 4;
/** Sets of parts that have a name. */
const SHAPES = [
  "012",
  "678",
  "036",
  "258",
  "012345",
  "345678",
  "013467",
  "124578",
  "345",
  "147",
  "048",
  "246",
  "4",
];
/** A class with this share of a part is said to be there. */
const MOST = 0.6;
/** A class with less than this share of the square is not mentioned. */
const LEAST = 0.005;
/** A class is said to lie at a side if its centre is at least this fraction of the largest possible distance away. */
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
  const cells = Array.from({ length: count }, () => new Array(PARTS).fill(0));
  const sizes = new Array(PARTS).fill(0);
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
  const nameOf = (/** @type {number} */ number) => {
    if (count === 2) return phrase(number === 0 ? "regions.blue" : "regions.orange");
    return phrase("regions.class", { label: number });
  };
  const shares = cells.map((row) => row.reduce((sum, cell) => sum + cell, 0) / bytes.length);
  const sentences = [...shares.keys()]
    .filter((number) => (shares[number] ?? 0) >= LEAST)
    .sort((one, other) => (shares[other] ?? 0) - (shares[one] ?? 0))
    .map((number) => {
      const coverage = (cells[number] ?? []).map((cell, part) => cell / Math.max(1, sizes[part]));
      const share = shares[number] ?? 0;
      const { x, y } = centres[number] ?? { x: 0, y: 0 };
      const count = share * bytes.length;
      const place = whereIs(coverage, { x: x / count, y: y / count }, share);
      return phrase("regions.entry", { name: nameOf(number), place, share: formatPercent(share) });
    });
  const entries = capital(sentences.join(phrase("regions.between")));
  return phrase("regions.classes", { entries, certainty: describeCertainty(sure / bytes.length) });
}

/** @param {Picture} picture */
function describeValues({ bytes, side }) {
  const sums = new Array(PARTS).fill(0);
  const sizes = new Array(PARTS).fill(0);
  for (let index = 0; index < bytes.length; index++) {
    const part = partOf(index, side);
    sums[part] += signed(bytes[index] ?? 0);
    sizes[part] += 1;
  }
  const means = sums.map((sum, part) => sum / Math.max(1, sizes[part]));
  const lowest = Math.min(...means);
  const highest = Math.max(...means);
  if (highest - lowest < 0.05)
    return phrase("regions.even", { value: formatFixed((highest + lowest) / 2, 2) });
  const place = (/** @type {number} */ mean) => placeOf(means.indexOf(mean));
  return phrase("regions.values", {
    lowPlace: place(lowest),
    low: formatFixed(lowest, 2),
    highPlace: place(highest),
    high: formatFixed(highest, 2),
  });
}

/**
 * The place of a class, from its share of each part.
 * @param {number[]} coverage
 * @param {{ x: number, y: number }} centre of the class, −1 … 1 from left to right and from bottom to top
 * @param {number} size its share of the square
 * @returns {string}
 */
export function whereIs(coverage, centre, size) {
  const parts = [...coverage.keys()].filter((part) => (coverage[part] ?? 0) >= MOST);
  if (parts.length === PARTS) return phrase("regions.nearly-everywhere");
  const middle = coverage[MIDDLE] ?? 0;
  const rim = coverage.filter((_, part) => part !== MIDDLE);
  if (middle < 1 - MOST + 0.1 && rim.every((share) => share >= 0.5)) return phrase("regions.all-around");
  const shape = parts.join("");
  if (SHAPES.includes(shape)) return phrase(`regions.shape.${shape}`);
  if (parts.length > 1 && Math.hypot(centre.x, centre.y) >= ASIDE * (1 - size))
    return phrase(`regions.towards.${sideOf(centre)}`);
  if (parts.length === 0) {
    const best = Math.max(...coverage);
    const spread = coverage.filter((share) => share >= 0.25).length;
    return spread > 4
      ? phrase("regions.spread")
      : phrase("regions.mostly", { place: placeOf(coverage.indexOf(best)) });
  }
  if (parts.length <= 3) return joined(parts.map(placeOf));
  const missing = [...coverage.keys()].filter((part) => !parts.includes(part));
  if (missing.length <= 3) return phrase("regions.but", { places: joined(missing.map(placeOf)) });
  return phrase("regions.spread");
}

/** @param {{ x: number, y: number }} centre */
function sideOf({ x, y }) {
  const eighth = Math.round((Math.atan2(y, x) / Math.PI) * 4 + 8) % 8;
  return ROUND[eighth] ?? MIDDLE;
}

/** @param {number} share of the square where the network is sure */
function describeCertainty(share) {
  if (share >= 0.95) return phrase("regions.sure");
  if (share < 0.05) return phrase("regions.unsure");
  return phrase("regions.sure-over", { share: formatPercent(share) });
}

/**
 * The score on the test samples in words.
 * @param {number} score accuracy or R²
 * @param {number} classes 0 for values
 * @returns {string}
 */
export function describeScore(score, classes) {
  if (!Number.isFinite(score)) return "";
  if (classes === 0) return phrase("regions.r2", { score: formatFixed(score, 2) });
  return phrase("regions.right", { share: formatPercent(score, 1) });
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
  return phrase(`regions.at.${part}`);
}

/** @param {number} byte the two's complement of −127 … 127 */
function signed(byte) {
  return (byte < 128 ? byte : byte - 256) / 127;
}

/** @param {string} text */
function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
