/** Interprets the layout of a table: its rows, names, number format and columns. */

import { phrase } from "../../lib/text/i18n.js";
import { parseNumber } from "./number-format.js";
import { chooseColumns } from "./table-columns.js";
import { findHeader } from "./table-header.js";
import { guessFormat } from "./table-numbers.js";
import { quote, readTargets } from "./table-target.js";

/** @import { Row } from "./csv.js" */
/** @import { Columns } from "./table-columns.js" */
/** @import { Header } from "./table-header.js" */
/** @import { Layout, LeftOut } from "./table-layout.js" */
/** @import { FormatGuess } from "./table-numbers.js" */
/** @import { Targets } from "./table-target.js" */

/** @typedef {Partial<Record<"decimal" | "header" | "x1" | "x2" | "target" | "missing", string>>} Wishes */

/**
 * @typedef {object} Reading
 * @property {Layout} layout
 * @property {Header} header
 * @property {string[] | null} names of the columns; null without a header
 * @property {Row[]} rows without the header
 * @property {FormatGuess} numbers
 * @property {Columns | null} columns null if there are no two columns of numbers and a third one
 */

/** @typedef {readonly [x1: number, x2: number, target: string]} TableRow */

/**
 * @typedef {object} Content
 * @property {TableRow[]} rows
 * @property {Targets | null} targets of these rows; null if there are too many words to be classes
 * @property {LeftOut[]} leftOut rows that cannot be read
 */

/**
 * @param {Layout} layout
 * @param {Wishes} wishes
 * @returns {Reading}
 */
export function interpret(layout, wishes) {
  const { top, short, words, width, surveys, separator } = layout;
  const header = findHeader(layout);
  const present = top !== null && (wishes.header === undefined ? header.present : wishes.header === "yes");
  const names = present && top ? [...(short ? [""] : []), ...top.cells].slice(0, width) : null;
  const first = words && !present && !short && top ? [top] : [];
  const rows = [...first, ...layout.rows.filter(({ line }) => !present || line !== top?.line)];
  const numbers = guessFormat(surveys, separator, wishes.decimal);
  const columns = chooseColumns({ rows, surveys, names, format: numbers.format }, wishes);
  return { layout, header: { ...header, present }, names, rows, numbers, columns };
}

/**
 * The name of a column in a sentence: its name, otherwise its number.
 * @param {string[] | null} names
 * @param {number} column
 * @returns {string}
 */
export function nameOf(names, column) {
  return names?.[column] || String(column + 1);
}

/**
 * @param {Reading} reading
 * @param {Columns} columns
 * @param {string} [missing] how to treat marks of a missing value
 * @returns {Content}
 */
export function readContent({ rows, names, numbers: { format } }, { chosen }, missing) {
  /** @type {LeftOut[]} */
  const leftOut = [];
  /** @type {{ line: number, row: TableRow }[]} */
  const sound = [];
  for (const { line, cells } of rows) {
    const x1 = parseNumber(cells[chosen.x1] ?? "", format);
    const x2 = parseNumber(cells[chosen.x2] ?? "", format);
    if (Number.isFinite(x1) && Number.isFinite(x2))
      sound.push({ line, row: [x1, x2, cells[chosen.target] ?? ""] });
    else leftOut.push({ line, message: describe(cells, Number.isFinite(x1) ? chosen.x2 : chosen.x1) });
  }
  const name = nameOf(names, chosen.target);
  const targets = readTargets(
    sound.map(({ row }) => row[2]),
    name,
    format,
    missing,
  );
  for (const [index, message] of targets?.faults ?? [])
    leftOut.push({ line: sound[index]?.line ?? 0, message });
  const valid = sound.filter((_, index) => !targets?.faults.has(index));
  return { rows: valid.map(({ row }) => row), targets, leftOut };

  /**
   * @param {readonly string[]} cells
   * @param {number} column that has no number
   * @returns {string}
   */
  function describe(cells, column) {
    const cell = cells[column] ?? "";
    const values = { cell: quote(cell), column: nameOf(names, column) };
    if (cells[0]?.startsWith("#")) return phrase("table.comment");
    if (cell === "") return phrase("table.empty-cell", values);
    return phrase(Number.isNaN(parseNumber(cell, format)) ? "table.no-number" : "table.too-large", values);
  }
}
