/** Tables of points, from and to text: which column is what, which cells are wrong, and what the classes are. */

import { phrase } from "../lib/language.js";
import { parseCell, parseSheet, separatorName, usesDecimalComma } from "./csv.js";
import { MOST_CLASSES } from "./point-set.js";

/** @import { Fault, Row } from "./csv.js" */
/** @import { Kind, PointSet } from "./point-set.js" */

/**
 * @typedef {object} Label
 * @property {string} text as written
 * @property {number} label number of the class it becomes
 * @property {number} count
 */

/**
 * @typedef {object} Table
 * @property {string[]} columns names of x1, x2 and the target, as in the header if there is one
 * @property {string} how what was found out about the text, as a sentence
 * @property {string[][]} sample the three cells of the first rows
 * @property {readonly (readonly [x1: number, x2: number, target: string])[]} rows
 * @property {Fault[]} faults the first of them
 * @property {number} faultCount lines with faults
 * @property {Choice[]} choices
 * @property {Fault[]} leftOut the first lines that are left out, with the reason
 * @property {number} leftOutCount
 * @property {Label[] | null} labels what the classes would be; null where there are too many
 * @property {number[] | null} values the targets as numbers; null if some are none
 * @property {Kind} kind which of the two they seem to be
 */

/** @typedef {"encoding" | "separator" | "decimal" | "header" | "x1" | "x2" | "target" | "missing"} Aspect */

/**
 * @typedef {object} Choice
 * @property {Aspect} aspect
 * @property {string} value what is read now
 * @property {boolean} asked whether the table alone does not settle it
 * @property {string} reason why this was guessed, as a sentence; empty if it is settled
 * @property {{ value: string, label: string, sample: string }[]} options
 */

/** How many faults are listed. */
const LISTED = 10;
/** Rows of the sample. */
const SAMPLE = 5;

const NAMES = [
  ["x1", "x_1", "x\u2081", "x"],
  ["x2", "x_2", "x\u2082", "y"],
  ["label", "class", "target", "value", "category", "group", "z", "t"],
];

/**
 * @param {string} text
 * @param {Partial<Record<Aspect, string>>} [wishes]
 * @returns {{ table: Table, problem: null } | { table: null, problem: string, choices: Choice[] }} a sentence if there is nothing to be read
 */
export function readTable(text, wishes = {}) {
  const { separator, rows, fault } = parseSheet(text);
  if (fault) return refused(phrase("table.line-fault", { line: fault.line, fault: fault.message }));
  const [top] = rows;
  if (!top) return refused(phrase("table.empty"));
  const width = Math.max(...rows.slice(0, SAMPLE).map(({ cells }) => cells.length));
  if (width < 3)
    return refused(
      phrase("table.too-narrow", {
        line: top.line,
        columns: phrase("count.columns", { count: top.cells.length }),
      }),
    );
  const places = columnsOf(top.cells);
  const body = places.header ? rows.slice(1) : rows;
  const aspects = /** @type {const} */ (["x1", "x2", "target"]);
  places.indexes = places.indexes.map((index, part) => Number(wishes[aspects[part] ?? "x1"] ?? index));
  /** @type {Choice[]} */
  const choices = aspects.map((aspect, part) => ({
    aspect,
    value: String(places.indexes[part]),
    asked: !places.header,
    reason: "",
    options: top.cells.map((cell, index) => ({
      value: String(index),
      label: places.header ? cell : String(index + 1),
      sample: body
        .slice(0, 3)
        .map(({ cells }) => cells[index])
        .join(", "),
    })),
  }));
  const columns = places.indexes.map((index, part) =>
    places.header ? (top.cells[index] ?? "") : (NAMES[part]?.[0] ?? ""),
  );
  const comma = usesDecimalComma(
    body.slice(0, 1000).flatMap(({ cells }) => places.indexes.map((index) => cells[index] ?? "")),
    separator,
  );
  return fill(body, places.indexes, columns, comma, describe(separator, comma, places, columns), choices);
}

/**
 * @param {string} problem
 * @returns {{ table: null, problem: string, choices: Choice[] }}
 */
function refused(problem) {
  return { table: null, problem, choices: [] };
}

/** @typedef {{ header: boolean, indexes: number[], others: string[] }} Places */

/**
 * Where the columns are: by the names of a header, else the first three. A first row is a header if neither of its
 * coordinates is a number.
 * @param {string[]} cells of the first row
 * @returns {Places}
 */
function columnsOf(cells) {
  const known = cells.map((cell) => cell.toLowerCase());
  const found = NAMES.map((names) => known.findIndex((cell) => names.includes(cell)));
  const named = found.every((index) => index >= 0);
  const indexes = named ? found : [0, 1, 2];
  const header =
    named || indexes.slice(0, 2).every((index) => Number.isNaN(parseCell(cells[index] ?? "", true)));
  return { header, indexes, others: cells.filter((_, index) => !indexes.includes(index)) };
}

/**
 * @param {string} separator
 * @param {boolean} comma
 * @param {Places} places
 * @param {string[]} columns
 * @returns {string}
 */
function describe(separator, comma, { header, others }, columns) {
  const [x1 = "", x2 = "", target = ""] = columns;
  const names = header ? phrase("table.header", { x1, x2, target }) : phrase("table.no-header");
  const values = { separator: separatorName(separator), names };
  const found = phrase(comma ? "table.how-with-comma" : "table.how", values);
  if (others.length === 0) return found;
  return (
    found + phrase("table.left-out", { columns: phrase("count.further-columns", { count: others.length }) })
  );
}

/**
 * @param {Row[]} body
 * @param {number[]} indexes of the three columns
 * @param {string[]} columns their names
 * @param {boolean} comma
 * @param {string} how
 * @param {Choice[]} choices
 * @returns {ReturnType<typeof readTable>}
 */
function fill(body, indexes, columns, comma, how, choices) {
  const [at1 = 0, at2 = 1, at3 = 2] = indexes;
  /** @type {[number, number, string][]} */
  const rows = [];
  /** @type {number[]} */
  const lines = [];
  /** @type {Fault[]} */
  const faults = [];
  for (const { line, cells } of body) {
    const fault = faultOf(cells, indexes, columns, comma);
    if (fault === null) {
      rows.push([parseCell(cells[at1] ?? "", comma), parseCell(cells[at2] ?? "", comma), cells[at3] ?? ""]);
      lines.push(line);
    } else {
      faults.push({ line, message: fault });
    }
  }
  const sample = body.slice(0, SAMPLE).map(({ cells }) => indexes.map((index) => cells[index] ?? ""));
  const labels = labelsOf(rows, comma);
  const values = rows.map((row) => parseCell(row[2], comma));
  const numbers = values.filter((value) => !Number.isNaN(value)).length;
  if (rows.length > 0 && labels === null && numbers < rows.length / 2)
    return refused(phrase("table.too-many-labels", { column: columns[2] ?? "", most: MOST_CLASSES }));
  if (labels === null && numbers < rows.length) {
    // Values, but not all of them: those that are none are faults too.
    const sound = rows.map((row, index) => {
      const fine = !Number.isNaN(values[index]);
      if (!fine)
        faults.push({
          line: lines[index] ?? 0,
          message: phrase("table.no-number", { cell: quote(row[2]), column: columns[2] ?? "" }),
        });
      return fine;
    });
    const kept = rows.filter((_, index) => sound[index]);
    faults.sort((one, other) => one.line - other.line);
    return answer(
      kept,
      null,
      values.filter((_, index) => sound[index]),
    );
  }
  return answer(rows, labels, numbers === rows.length ? values : null);

  /**
   * @param {[number, number, string][]} kept
   * @param {Label[] | null} classes
   * @param {number[] | null} numbered
   * @returns {ReturnType<typeof readTable>}
   */
  function answer(kept, classes, numbered) {
    if (kept.length === 0 && faults.length === 0) return refused(phrase("table.only-header"));
    const saysValue = /^(value|z|t)$/i.test(columns[2] ?? "");
    /** @type {Kind} */
    const kind =
      classes === null || (numbered !== null && saysValue && !isSigns(numbered)) ? "values" : "classes";
    return {
      problem: null,
      table: {
        columns,
        how,
        sample,
        rows: kept,
        faults: faults.slice(0, LISTED),
        faultCount: faults.length,
        leftOut: faults.slice(0, LISTED),
        leftOutCount: faults.length,
        choices,
        labels: classes,
        values: numbered,
        kind,
      },
    };
  }
}

/**
 * @param {number[]} values
 * @returns {boolean}
 */
function isSigns(values) {
  return values.every((value) => Math.abs(value) === 1);
}

/**
 * A cell as it is quoted in a sentence.
 * @param {string} cell
 * @returns {string}
 */
function quote(cell) {
  return phrase("table.quoted", { cell: cell.length > 24 ? `${cell.slice(0, 24)}\u2026` : cell });
}

/**
 * What is wrong with a row, apart from its target.
 * @param {string[]} cells
 * @param {number[]} indexes
 * @param {string[]} columns
 * @param {boolean} comma
 * @returns {string | null}
 */
function faultOf(cells, indexes, columns, comma) {
  for (let part = 0; part < 3; part++) {
    const cell = cells[indexes[part] ?? 0];
    const column = columns[part] ?? "";
    if (cell === undefined)
      return phrase("table.no-column", { column, columns: phrase("count.columns", { count: cells.length }) });
    if (cell === "") return phrase("table.empty-cell", { column });
    if (part === 2) continue;
    const number = parseCell(cell, comma);
    if (Number.isNaN(number)) return phrase("table.no-number", { cell: quote(cell), column });
    if (!Number.isFinite(number)) return phrase("table.too-large", { cell: quote(cell), column });
  }
  return null;
}

/**
 * The classes that targets stand for: numbers from 0 to 5 are their own, of −1 and 1 the latter is class 0, other numbers
 * count in ascending order, and words as they come.
 * @param {readonly (readonly [number, number, string])[]} rows
 * @param {boolean} comma
 * @returns {Label[] | null}
 */
function labelsOf(rows, comma) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const [, , text] of rows) {
    counts.set(text, (counts.get(text) ?? 0) + 1);
    if (counts.size > 4 * MOST_CLASSES) return null;
  }
  const texts = [...counts.keys()];
  const numbers = texts.map((text) => parseCell(text, comma));
  if (numbers.some(Number.isNaN)) {
    if (texts.length > MOST_CLASSES) return null;
    return texts.map((text, label) => ({ text, label, count: counts.get(text) ?? 0 }));
  }
  // 1 and 1.0 are the same class.
  const distinct = [...new Set(numbers)].sort((one, other) => one - other);
  if (distinct.length > MOST_CLASSES) return null;
  const own =
    distinct.includes(0) &&
    distinct.every((number) => Number.isInteger(number) && number >= 0 && number < MOST_CLASSES);
  if (isSigns(distinct)) distinct.reverse();
  return distinct.map((number, index) => {
    const written = texts.filter((_, position) => numbers[position] === number);
    return {
      text: written[0] ?? "",
      label: own ? number : index,
      count: written.reduce((sum, text) => sum + (counts.get(text) ?? 0), 0),
    };
  });
}

/**
 * The table that points are written to, with a header.
 * @param {PointSet} set
 * @returns {(string | number)[][]}
 */
export function toRows({ kind, points }) {
  const short = (/** @type {number} */ number) => Number(number.toFixed(4)) || 0;
  return [
    ["x1", "x2", kind === "classes" ? "label" : "value"],
    ...points.map(([x1, x2, label, value]) => [
      short(x1),
      short(x2),
      kind === "classes" ? label : short(value),
    ]),
  ];
}
