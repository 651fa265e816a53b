/** Recognizes cells that stand for a missing value. */

const TOKENS = new Set(
  "nan na n/a #n/a #na <na> nat null <null> (null) \\n none nil ? - -- \u2013 \u2014 . .. ... \u2026".split(
    " ",
  ),
);

/**
 * Whether a cell is empty or stands for a missing value.
 * @param {string} cell
 * @returns {boolean}
 */
export function isMissing(cell) {
  return cell === "" || (cell.length <= 6 && TOKENS.has(cell.toLowerCase()));
}

/**
 * Whether a cell may stand for a missing value or be a word, such as a class called "None".
 * @param {string} cell
 * @returns {boolean}
 */
export function mayBeWord(cell) {
  return cell !== "" && !/^[+-]?nan$/i.test(cell) && isMissing(cell);
}
