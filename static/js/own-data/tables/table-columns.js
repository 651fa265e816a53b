/** Chooses the columns of coordinates and target: by their names, otherwise by their content. */

import { phrase } from "../../lib/text/i18n.js";
import { MOST_CLASSES } from "../point-set.js";
import { namesIndex, readNames } from "./column-names.js";
import { isMissing, mayBeWord } from "./missing-values.js";
import { parseNumber } from "./number-format.js";
import { isNumeric } from "./table-layout.js";
import { bitOf } from "./table-numbers.js";

/** @import { Row } from "./csv.js" */
/** @import { NumberFormat } from "./number-format.js" */
/** @import { Survey } from "./table-layout.js" */

/** @typedef {"x1" | "x2" | "target"} Part */

/**
 * @typedef {object} Columns
 * @property {Record<Part, number>} chosen
 * @property {Record<Part, boolean>} asked whether the choice is ambiguous
 * @property {Record<Part, string>} reasons why it was guessed, as sentences
 * @property {Record<Part, number[]>} options columns that can be chosen
 */

/**
 * @typedef {object} Facts
 * @property {boolean} numeric
 * @property {boolean} counting whether it has consecutive whole numbers
 * @property {number} distinct different words or numbers, up to one more than there can be classes
 * @property {boolean} whole whether all of its numbers are whole
 * @property {boolean} signs whether it has only marks of missing values, which may be words
 */

const PARTS = /** @type {const} */ (["x1", "x2", "target"]);
/** Least number of rows in which consecutive numbers count as row numbers. */
const COUNTED = 3;

/**
 * @param {object} table
 * @param {readonly Row[]} table.rows
 * @param {readonly Survey[]} table.surveys by column
 * @param {readonly string[] | null} table.names by column; null without a header
 * @param {NumberFormat} table.format
 * @param {Partial<Record<Part, string>>} wishes
 * @returns {Columns | null} null if there are no two columns of numbers and a third one
 */
export function chooseColumns({ rows, surveys, names, format }, wishes) {
  const facts = surveys.map((survey, column) =>
    factsOf(rows, column, isNumeric(survey, bitOf(format)), format),
  );
  const numeric = facts.flatMap((fact, column) => (fact.numeric ? [column] : []));
  if (numeric.length < 2 || facts.length < 3) return null;
  const named = readNames(names ?? [], (column) => facts[column]?.numeric === true);
  const isIndex = (/** @type {number} */ column) =>
    facts[column]?.counting === true ||
    (names !== null && (names[column] === "" ? column === 0 : namesIndex(names[column] ?? "")));
  /** @type {Partial<Record<Part, number>>} */
  const wished = {};
  for (const part of PARTS) {
    const column = Number(wishes[part] ?? Number.NaN);
    const possible = part === "target" ? mayBeTarget(facts[column]) : facts[column]?.numeric;
    if (possible) wished[part] = column;
  }
  const taken = new Set(Object.values(wished));
  const columns = facts.flatMap((_, column) =>
    named.pair?.includes(column) || taken.has(column) ? [] : [column],
  );
  const free = columns.filter((column) => !isIndex(column));
  // With both coordinates named, a single remaining column is the target.
  const only = named.onlyPair && !named.letters && columns.length > 0 && free.length === 1;
  const target =
    wished.target ??
    named.targets.find((column) => !taken.has(column)) ??
    targetIn(free, facts, named.pair) ??
    targetIn(columns, facts, named.pair) ??
    columns.at(-1) ??
    0;
  taken.add(target);
  const pair = named.pair?.some((column) => column === target) ? null : named.pair;
  const [x1, x2] = coordinates();
  const openPair = pair === null || !named.onlyPair;
  const openTarget = !(named.targets.length === 1 || (named.targets.length === 0 && only));
  const reason = phrase(names === null ? "table.column-without-header" : "table.column-first");
  return {
    chosen: { x1, x2, target },
    asked: { x1: openPair, x2: openPair, target: openTarget },
    reasons: {
      x1: reason,
      x2: reason,
      target: phrase(
        named.targets.length > 1
          ? "table.column-several"
          : facts[target]?.numeric
            ? "table.column-last"
            : "table.column-words",
      ),
    },
    options: {
      x1: numeric,
      x2: numeric,
      target: facts.flatMap((fact, column) => (mayBeTarget(fact) || column === target ? [column] : [])),
    },
  };

  /** @returns {[number, number]} */
  function coordinates() {
    const ranked = [
      ...numeric.filter((column) => !isIndex(column) && (facts[column]?.distinct ?? 0) > 1),
      ...numeric.filter((column) => !isIndex(column)),
      ...numeric,
    ];
    const next = (/** @type {number | undefined} */ preferred) => {
      const column = [preferred ?? -1, ...ranked].find(
        (candidate) => candidate >= 0 && !taken.has(candidate),
      );
      taken.add(column ?? -1);
      return column ?? numeric[0] ?? 0;
    };
    const first = wished.x1 ?? next(pair?.[0]);
    const second = wished.x2 ?? next(pair?.[1]);
    const inOrder = pair !== null || wished.x1 !== undefined || wished.x2 !== undefined || first < second;
    return inOrder ? [first, second] : [second, first];
  }
}

/**
 * The likeliest target: the last column with few words, otherwise with few whole numbers, otherwise with numbers.
 * @param {readonly number[]} columns
 * @param {readonly Facts[]} facts
 * @param {readonly number[] | null} pair columns of the coordinates
 * @returns {number | undefined}
 */
function targetIn(columns, facts, pair) {
  const last = (/** @type {(fact: Facts) => boolean} */ suits) =>
    columns.findLast((column) => suits(/** @type {Facts} */ (facts[column])));
  const few = (/** @type {Facts} */ { distinct }) => distinct > 1 && distinct <= MOST_CLASSES;
  const words = last((fact) => !fact.numeric && few(fact)) ?? last((fact) => !fact.numeric && isTarget(fact));
  if (words !== undefined) return words;
  // Two other columns of numbers must remain.
  const numbers = columns.filter((column) => facts[column]?.numeric).length + (pair?.length ?? 0);
  if (numbers < 3) return undefined;
  return last((fact) => fact.numeric && fact.whole && few(fact)) ?? last((fact) => fact.numeric);
}

/**
 * @param {Facts | undefined} facts
 * @returns {boolean} whether a column has numbers, or not too many words
 */
function isTarget(facts) {
  return facts !== undefined && (facts.numeric || (facts.distinct > 0 && facts.distinct <= MOST_CLASSES));
}

/**
 * @param {Facts | undefined} facts
 * @returns {boolean} whether a column can be chosen as the target, although it may not look like one
 */
function mayBeTarget(facts) {
  return isTarget(facts) || facts?.signs === true;
}

/**
 * @param {readonly Row[]} rows
 * @param {number} column
 * @param {boolean} numeric
 * @param {NumberFormat} format
 * @returns {Facts}
 */
function factsOf(rows, column, numeric, format) {
  /** @type {Set<string | number>} */
  const distinct = new Set();
  let counting = numeric && rows.length >= COUNTED;
  let whole = numeric;
  let before = Number.NaN;
  let signs = false;
  for (const { cells } of rows) {
    const cell = cells[column] ?? "";
    const number = numeric ? parseNumber(cell, format) : Number.NaN;
    counting &&= Number.isInteger(number) && (Number.isNaN(before) || number === before + 1);
    before = number;
    signs ||= mayBeWord(cell);
    if (isMissing(cell) || (numeric && Number.isNaN(number))) continue;
    whole &&= Number.isInteger(number);
    if (distinct.size <= MOST_CLASSES) distinct.add(numeric ? number : cell);
    else if (!counting) break;
  }
  return { numeric, counting, whole, distinct: distinct.size, signs: signs && distinct.size === 0 };
}
