/** Comma-separated values and their relatives: text to rows of cells, numbered by line, and back. */

/**
 * @typedef {object} Row
 * @property {number} line number of its first line, from 1
 * @property {string[]} cells without quotes and surrounding space
 */

/**
 * @typedef {object} Sheet
 * @property {Row[]} rows without empty lines
 * @property {number[]} unclosed lines with a quotation mark that is never closed; they are no rows
 */

/** Invisible characters at the ends of a cell: zero-width spaces and joiners, direction marks, byte order marks. */
const UNSEEN = /^[\s\u200b-\u200f\u2060\ufeff]+|[\s\u200b-\u200f\u2060\ufeff]+$/g;

/**
 * @param {string} text with "\n" as the only line end
 * @param {string} separator one character; a space stands for any number of spaces and tabs
 * @param {number} [most] rows at most
 * @returns {Sheet}
 */
export function splitRows(text, separator, most = Number.POSITIVE_INFINITY) {
  const lines = text.split("\n");
  /** @type {Row[]} */
  const rows = [];
  /** @type {number[]} */
  const unclosed = [];
  for (let index = 0; index < lines.length && rows.length < most; index++) {
    const content = lines[index] ?? "";
    const line = index + 1;
    let cells = null;
    if (content.includes('"')) {
      const row = splitQuoted(lines, index, separator);
      if (row === null) unclosed.push(line);
      else [cells, index] = [row.cells, row.last];
    } else {
      cells = splitPlain(content, separator);
    }
    if (cells?.some((cell) => cell !== "")) rows.push({ line, cells });
  }
  return { rows, unclosed };
}

/**
 * @param {string} cell
 * @returns {string} without surrounding space and invisible characters
 */
function trimCell(cell) {
  const trimmed = cell.trim();
  const last = trimmed.charCodeAt(trimmed.length - 1);
  return trimmed.charCodeAt(0) >= 0x200b || last >= 0x200b ? trimmed.replace(UNSEEN, "") : trimmed;
}

/**
 * @param {string} content of one line
 * @param {string} separator
 * @returns {string[]}
 */
function splitPlain(content, separator) {
  if (separator === " ")
    return content
      .trim()
      .split(/[ \t]+/)
      .map(trimCell);
  return withoutBars(content, separator).split(separator).map(trimCell);
}

/**
 * Lines of a Markdown table begin and end with a bar.
 * @param {string} content
 * @param {string} separator
 * @returns {string}
 */
function withoutBars(content, separator) {
  if (separator !== "|") return content;
  const bare = content.trim();
  return bare.startsWith("|")
    ? bare.slice(1, bare.endsWith("|") && bare.length > 1 ? -1 : undefined)
    : content;
}

/**
 * Splits a row with quotation marks, which may continue on the next lines. A quotation mark is special only at the
 * beginning of a cell, and if it is closed before a separator or the end of a line; otherwise it is a plain character.
 * @param {string[]} lines
 * @param {number} first
 * @param {string} separator
 * @returns {{ cells: string[], last: number } | null} null if a quotation mark is never closed
 */
function splitQuoted(lines, first, separator) {
  const blank = separator === " " ? /[^ \t]|$/g : separator === "\t" ? /[^ ]|$/g : /\S|$/g;
  const cells = [];
  let content = withoutBars(lines[first] ?? "", separator);
  let last = first;
  for (let at = 0; ; ) {
    at = skip(at);
    if (separator === " " && at === content.length && cells.length > 0) return { cells, last };
    const quoted = content[at] === '"' ? readQuoted(at + 1) : undefined;
    if (quoted === null) return null;
    if (quoted === undefined) {
      const end = cellEnd(at);
      cells.push(trimCell(content.slice(at, end)));
      at = end;
    } else {
      cells.push(trimCell(quoted.cell));
      at = quoted.end;
    }
    if (at >= content.length) return { cells, last };
    at += 1;
  }

  /** @param {number} from */
  function skip(from) {
    blank.lastIndex = from;
    return blank.exec(content)?.index ?? content.length;
  }

  /** @param {number} from */
  function cellEnd(from) {
    const end =
      separator === " " ? content.slice(from).search(/[ \t]/) + from : content.indexOf(separator, from);
    return end < from ? content.length : end;
  }

  /**
   * @param {number} from behind the mark that opens
   * @returns {{ cell: string, end: number } | null | undefined} null if it is never closed, undefined if the mark is a
   *   plain character
   */
  function readQuoted(from) {
    const start = last;
    let cell = "";
    for (let begin = from; ; ) {
      const mark = content.indexOf('"', begin);
      if (mark >= 0 && content[mark + 1] === '"') {
        cell += content.slice(begin, mark + 1);
        begin = mark + 2;
        continue;
      }
      if (mark >= 0) {
        cell += content.slice(begin, mark);
        const next = skip(mark + 1);
        const closed =
          next === content.length || next === cellEnd(next) || (separator === " " && next > mark + 1);
        if (closed) return { cell, end: separator === " " && next < content.length ? next - 1 : next };
        return last === start ? undefined : null;
      }
      // A line of several cells within a cell: the mark was not meant to open one.
      if (last > start && content.split(separator).length > 2) return null;
      cell += `${content.slice(begin)}\n`;
      last += 1;
      if (last >= lines.length) return null;
      content = lines[last] ?? "";
      begin = 0;
    }
  }
}

/**
 * Writes rows as CSV. Texts that a spreadsheet would take for a formula get an apostrophe in front.
 * @param {readonly (readonly (string | number)[])[]} rows
 * @returns {string}
 */
export function writeCsv(rows) {
  return `${rows.map((row) => row.map(writeCell).join(",")).join("\n")}\n`;
}

/**
 * @param {string | number} cell
 * @returns {string}
 */
function writeCell(cell) {
  if (typeof cell === "number") return String(cell);
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
