/** Guesses the separator of cells: the one whose rows are the most consistent. */

import { phrase } from "../../lib/text/i18n.js";
import { readLayout } from "./table-layout.js";
import { interpret, readContent } from "./table-reading.js";

/** @import { Layout } from "./table-layout.js" */

/**
 * @typedef {object} SeparatorGuess
 * @property {string} value one character
 * @property {string[]} options separators that the text has
 * @property {boolean} asked whether another separator gives other points
 */

/** Rows that are used to guess the separator. */
export const LOOKED_AT = 1000;
/** Least number of rows of a possible separator, relative to the best one. */
const NEARLY = 0.8;
/** Separators with the keys of their names, the likelier first. */
const SEPARATORS = new Map([
  ["\t", "csv.tabs"],
  [";", "csv.semicolons"],
  ["|", "csv.bars"],
  [",", "csv.commas"],
  [" ", "csv.spaces"],
]);
/** End-of-file character of DOS files. */
const END_OF_FILE = "\u001a";
/** Excel's first line, which names the separator; other programs add separators after it. */
const DECLARATION = /^\s*"?sep=(.)"?[,;\t]*[ ]*(?=\n|$)/i;

/**
 * @param {string} separator
 * @returns {string}
 */
export function separatorName(separator) {
  const key = SEPARATORS.get(separator);
  return key ? phrase(key) : phrase("table.quoted", { cell: separator });
}

/**
 * @param {string} text
 * @returns {{ body: string, declared: string | null }} the text with "\n" as the only line end, and the separator that
 *   its first line names
 */
export function prepare(text) {
  const lines = text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
  const whole = lines.endsWith(END_OF_FILE) ? lines.slice(0, -1) : lines;
  const found = DECLARATION.exec(whole);
  if (!found) return { body: whole, declared: null };
  // The line stays as an empty one, so that the numbers of lines are right.
  const before = "\n".repeat(found[0].split("\n").length - 1);
  return { body: before + whole.slice(found[0].length), declared: found[1] ?? null };
}

/**
 * @param {string} body
 * @param {string | null} declared
 * @param {string} [wished]
 * @returns {SeparatorGuess}
 */
export function chooseSeparator(body, declared, wished) {
  const known = [...SEPARATORS.keys()].filter((separator) => separator !== declared);
  const options = [...(declared === null ? [] : [declared]), ...known].filter((sign) => body.includes(sign));
  const layouts = options.map((separator) => readLayout(body, separator, LOOKED_AT));
  const readable = layouts.filter((layout) => interpret(layout, {}).columns !== null);
  // Spaces also occur within cells: they separate only if tabs do not.
  const found = readable.filter(({ separator }) => separator !== " " || readable[0]?.separator !== "\t");
  const points = new Map(found.map((layout) => [layout, pointsOf(layout)]));
  const usable = found.filter((layout) => points.get(layout) !== null);
  const wide = layouts.toSorted((one, other) => other.width - one.width || other.quality - one.quality);
  const best =
    found.find((layout) => layout.separator === declared) ?? likeliest(usable) ?? likeliest(found) ?? wide[0];
  const isRival = (/** @type {Layout} */ layout) =>
    best !== undefined &&
    layout.quality >= NEARLY * best.quality &&
    (layout.headed || !best.headed) &&
    points.get(layout) !== points.get(best);
  return {
    value: options.find((option) => option === wished) ?? best?.separator ?? ",",
    options,
    asked: best?.separator !== declared && usable.some(isRival),
  };
}

/**
 * @param {readonly Layout[]} layouts
 * @returns {Layout | undefined} the one with most of the lines; of several, the first
 */
function likeliest(layouts) {
  const most = Math.max(...layouts.map(({ quality }) => quality));
  return layouts.find(({ quality }) => quality === most);
}

/**
 * @param {Layout} layout
 * @returns {string | null} the resulting points as text for comparison; null without usable targets
 */
function pointsOf(layout) {
  const reading = interpret(layout, {});
  const content = reading.columns && readContent(reading, reading.columns);
  return content?.targets ? JSON.stringify(content.rows) : null;
}
