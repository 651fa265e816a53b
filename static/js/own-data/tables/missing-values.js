/** Recognizes cells that say that a value is missing. */

const TOKENS = new Set(
  "nan na n/a #n/a #na <na> nat null <null> (null) \\n none nil ? - -- \u2013 \u2014 . .. ... \u2026".split(
    " ",
  ),
);

/**
 * Whether a cell is empty, or says that its value is missing.
 * @param {string} cell
 * @returns {boolean}
 */
export function isMissing(cell) {
  return cell === "" || (cell.length <= 6 && TOKENS.has(cell.toLowerCase()));
}

/**
 * Whether a cell may say so or be a word of its own, as a class called "None" is.
 * @param {string} cell
 * @returns {boolean}
 */
export function mayBeWord(cell) {
  return cell !== "" && !/^[+-]?nan$/i.test(cell) && isMissing(cell);
}
