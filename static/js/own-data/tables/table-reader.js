/** Reads tables of points from text, and writes them: one interpretation of the whole table, with the choices that it leaves open. */

import { formatPlain } from "../../lib/text/format.js";
import { joined, phrase } from "../../lib/text/i18n.js";
import { decimalsFor, MOST_CLASSES, MOST_DECIMALS } from "../point-set.js";
import { formatsOf, parseNumber } from "./number-format.js";
import { isNumeric, MOST_COLUMNS, readLayout } from "./table-layout.js";
import { interpret, nameOf, readContent } from "./table-reading.js";
import { chooseSeparator, LOOKED_AT, prepare, separatorName } from "./table-separator.js";

/** @import { Kind, Point, PointSet } from "../point-set.js" */
/** @import { Columns } from "./table-columns.js" */
/** @import { LeftOut } from "./table-layout.js" */
/** @import { Content, Reading, TableRow } from "./table-reading.js" */
/** @import { SeparatorGuess } from "./table-separator.js" */

/** @typedef {"encoding" | "separator" | "decimal" | "header" | "x1" | "x2" | "target" | "missing"} Aspect */

/** @typedef {import("./table-target.js").Label} Label */

/** @typedef {Partial<Record<Aspect, string>>} Wishes options that the person has chosen */

/**
 * @typedef {object} Choice
 * @property {Aspect} aspect
 * @property {string} value the present option
 * @property {boolean} asked whether the choice is ambiguous
 * @property {string} reason why this was guessed, as a sentence; empty if it is certain
 * @property {{ value: string, label: string, sample: string }[]} options
 */

/**
 * @typedef {object} Table
 * @property {string[]} columns names of x1, x2 and the target
 * @property {string} note which columns are left out, as a sentence; empty if none is
 * @property {string[][]} sample the three cells of the first rows
 * @property {readonly TableRow[]} rows
 * @property {Choice[]} choices
 * @property {LeftOut[]} leftOut the first lines that are left out, with the reason
 * @property {number} leftOutCount
 * @property {Label[] | null} labels the classes; null if there are too many
 * @property {number[] | null} classes the number of the class of each row
 * @property {number[] | null} values the targets as numbers; null if some are none
 * @property {Kind} kind the likelier one of the two
 */

/** @typedef {{ table: Table, problem: null } | { table: null, problem: string, choices: Choice[] }} Answer */

/** How many lines that are left out are listed. */
const LISTED = 10;
/** Rows of the sample, and cells of a choice's sample. */
const SAMPLE = 5;
const FEW = 3;
/** Fewest decimals of points that are written. */
const DECIMALS = 4;
/** Names of columns that are listed. */
const NAMED = 6;
const PARTS = /** @type {const} */ (["x1", "x2", "target"]);

/**
 * @param {string} text
 * @param {Wishes} [wishes] options that the table does not have are ignored
 * @returns {Answer} a sentence if it cannot be read
 */
export function readTable(text, wishes = {}) {
  const { body, declared } = prepare(text);
  if (body.trim() === "") return { table: null, problem: phrase("table.empty"), choices: [] };
  const separator = chooseSeparator(body, declared, wishes.separator);
  const beginning = readLayout(body, separator.value, LOOKED_AT);
  const readable = interpret(beginning, {}).columns !== null;
  const reading = interpret(readable ? readLayout(body, separator.value) : beginning, wishes);
  const choices = [...separatorChoice(separator, body), ...choicesOf(reading)];
  if (reading.columns === null) return { table: null, problem: describeUnreadable(reading), choices };
  const content = readContent(reading, reading.columns, wishes.missing);
  choices.push(...missingChoice(content));
  if (content.targets === null) {
    const column = nameOf(reading.names, reading.columns.chosen.target);
    return { table: null, problem: phrase("table.too-many-labels", { column, most: MOST_CLASSES }), choices };
  }
  return { table: toTable(reading, reading.columns, content, choices), problem: null };
}

/**
 * @param {Reading} reading
 * @param {Columns} columns
 * @param {Content} content
 * @param {Choice[]} choices
 * @returns {Table}
 */
function toTable({ layout, names, rows }, { chosen }, content, choices) {
  const indexes = PARTS.map((part) => chosen[part]);
  const leftOut = [...layout.leftOut, ...content.leftOut].sort((one, other) => one.line - other.line);
  const others = Array.from({ length: layout.width }, (_, column) => column).filter(
    (column) => !indexes.includes(column),
  );
  return {
    columns: indexes.map((column) => labelOf(names, column)),
    note: others.length === 0 ? "" : phrase("table.left-out", { columns: listed(others) }),
    sample: rows.slice(0, SAMPLE).map(({ cells }) => indexes.map((column) => cells[column] ?? "")),
    rows: content.rows,
    choices,
    leftOut: leftOut.slice(0, LISTED),
    leftOutCount: leftOut.length,
    labels: content.targets?.labels ?? null,
    classes: content.targets?.classes ?? null,
    values: content.targets?.values ?? null,
    kind: content.targets?.kind ?? "classes",
  };

  /** @param {readonly number[]} columns */
  function listed(columns) {
    const more = columns.length - NAMED;
    return joined([
      ...columns.slice(0, NAMED).map((column) => labelOf(names, column)),
      ...(more > 0 ? [phrase("count.further-columns", { count: more })] : []),
    ]);
  }
}

/**
 * The label of a column: its name, with its number if it has no unique name.
 * @param {string[] | null} names
 * @param {number} column
 * @returns {string}
 */
function labelOf(names, column) {
  const name = names?.[column] ?? "";
  const number = String(column + 1);
  if (name === "") return phrase("table.nth-column", { number });
  if (names?.indexOf(name) === names?.lastIndexOf(name)) return name;
  return phrase("table.column-of-many", { name, number });
}

/**
 * Why the text is no table, as a sentence.
 * @param {Reading} reading
 * @returns {string}
 */
function describeUnreadable({ layout: { width, top, surveys }, rows }) {
  if (width > MOST_COLUMNS)
    return phrase("table.too-wide", {
      columns: phrase("count.columns", { count: width }),
      most: MOST_COLUMNS,
    });
  if (
    width >= 3 &&
    rows.every(({ cells }) => cells.every((cell) => formatsOf(cell) === 0)) &&
    rows.length < 2
  )
    return phrase("table.only-header");
  const first = rows[0] ?? top;
  if (width < 3)
    return phrase("table.too-narrow", {
      line: first?.line ?? 1,
      columns: phrase("count.columns", { count: width }),
    });
  const numeric = surveys.filter((survey) => isNumeric(survey)).length;
  return phrase("table.few-numbers", { columns: phrase("count.columns", { count: numeric }) });
}

/**
 * @param {SeparatorGuess} guess
 * @param {string} body
 * @returns {Choice[]}
 */
function separatorChoice({ value, options, asked }, body) {
  return [
    {
      aspect: "separator",
      value,
      asked,
      reason: asked ? phrase("table.separator-open") : "",
      options: options.map((option) => {
        const { rows } = readLayout(body, option, FEW);
        const sample = (rows.at(-1)?.cells ?? []).join(" | ");
        return { value: option, label: separatorName(option), sample };
      }),
    },
  ];
}

/**
 * @param {Reading} reading
 * @returns {Choice[]}
 */
function choicesOf({ layout: { top }, header, names, rows, numbers, columns }) {
  /** @type {Choice[]} */
  const choices = [];
  const { chosen = null } = columns ?? {};
  const used = chosen ? PARTS.map((part) => chosen[part]) : [];
  if (numbers.options.length > 0) {
    const asked = numbers.isOpen(used);
    const differing = differingCells(used);
    choices.push({
      aspect: "decimal",
      value: numbers.format.value,
      asked,
      reason: asked ? numbers.reason : "",
      options: numbers.options.map((format) => ({
        value: format.value,
        label: phrase(`decimal.${format.value}`),
        sample: differing.map((cell) => `${cell} \u2192 ${formatRead(parseNumber(cell, format))}`).join("; "),
      })),
    });
  }
  if (top !== null) {
    const sample = top.cells.slice(0, NAMED).join(", ");
    choices.push({
      aspect: "header",
      value: header.present ? "yes" : "no",
      asked: header.asked,
      reason: header.reason,
      options: [
        { value: "yes", label: phrase("table.header-yes"), sample },
        { value: "no", label: phrase("table.header-no"), sample: "" },
      ],
    });
  }
  for (const part of PARTS) {
    if (columns === null || columns.options[part].length < 2) continue;
    choices.push({
      aspect: part,
      value: String(columns.chosen[part]),
      asked: columns.asked[part],
      reason: columns.asked[part] ? columns.reasons[part] : "",
      options: columns.options[part].map((column) => ({
        value: String(column),
        label: labelOf(names, column),
        sample: rows
          .slice(0, FEW)
          .map(({ cells }) => cells[column])
          .join("; "),
      })),
    });
  }
  return choices;

  /**
   * The first cells that the formats read differently.
   * @param {readonly number[]} among these columns
   */
  function differingCells(among) {
    const found = [];
    for (const { cells } of rows) {
      for (const column of among) {
        const cell = cells[column] ?? "";
        const values = new Set(numbers.options.map((format) => parseNumber(cell, format)));
        if (values.size > 1) found.push(cell);
        if (found.length === FEW) return found;
      }
    }
    return found;
  }
}

/**
 * @param {number} number
 * @returns {string}
 */
function formatRead(number) {
  return Number.isNaN(number) ? "\u2013" : formatPlain(number);
}

/**
 * @param {Content} content
 * @returns {Choice[]}
 */
function missingChoice({ targets }) {
  if (!targets?.missing) return [];
  const { value, signs, count } = targets.missing;
  const sample = joined(signs.slice(0, FEW));
  return [
    {
      aspect: "missing",
      value,
      asked: true,
      reason: phrase("table.missing-open", { signs: sample }),
      options: [
        {
          value: "leave-out",
          label: phrase("table.missing-leave-out"),
          sample: phrase("count.lines", { count }),
        },
        { value: "class", label: phrase("table.missing-class"), sample },
      ],
    },
  ];
}

/**
 * The rows of a table of points, with a header.
 * @param {PointSet} set
 * @returns {(string | number)[][]}
 */
export function toRows({ kind, points }) {
  const decimals = [0, 1, 2, 3].map((column) => {
    const wanted = decimalsFor(points.map((point) => point[column] ?? 0));
    return Math.min(MOST_DECIMALS, Math.max(DECIMALS, wanted + 1));
  });
  const short = (/** @type {Point} */ point, /** @type {number} */ column) =>
    Number((point[column] ?? 0).toFixed(decimals[column])) || 0;
  return [
    ["x1", "x2", kind === "classes" ? "label" : "value"],
    ...points.map((point) => [short(point, 0), short(point, 1), short(point, kind === "classes" ? 2 : 3)]),
  ];
}
