/** The import of a table: reads a file or text with the chosen options, and says what cannot be read. */

import { throttle } from "../../lib/data/timing.js";
import { find, setText } from "../../lib/dom/dom.js";
import { formatPlain } from "../../lib/text/format.js";
import { phrase } from "../../lib/text/i18n.js";
import { decodeText } from "../../own-data/encoding/text-encoding.js";
import { readTable } from "../../own-data/tables/table-reader.js";
import { createChoices } from "./import-choices.js";
import { createPreview } from "./import-preview.js";

/** @import { Table } from "../../own-data/tables/table-reader.js" */
/** @import { ImportOptions } from "./import-preview.js" */

/** Size limit of files, in bytes. */
const MOST_BYTES = 5_000_000;
/** Bytes of a larger file that are read to recognize its kind. */
const BEGINNING = 65_536;
/** A longer text is read without being shown in the field; a longer paste is inserted by script, as browsers are slow at it. */
const LONG_TEXT = 100_000;
const LONG_PASTE = 2000;
/** Longest file name that is shown. */
const LONG_NAME = 40;
/** Shortest time between two readings of a text while it is typed, in milliseconds. */
const TYPING_PAUSE = 300;

/**
 * @typedef {object} Source
 * @property {string} name file name, or a description
 * @property {Uint8Array | string} content bytes of a file, or a text
 * @property {boolean} typed whether it is the text in the field
 */

/**
 * @param {HTMLElement} element
 * @param {ImportOptions} options
 */
export function createImport(element, options) {
  const scope = new AbortController();
  const { signal } = scope;
  const heading = find(element, ".own__source .own__sub", HTMLElement);
  const file = find(element, "#own-file", HTMLInputElement);
  const text = find(element, "#own-text", HTMLTextAreaElement);
  const problem = find(element, ".own__problem", HTMLElement);
  const reading = find(element, ".own__reading", HTMLElement);
  const said = find(element, ".own__status", HTMLElement);
  const result = find(element, ".own__preview", HTMLElement);
  const title = find(result, ".own__name", HTMLElement);
  const preview = createPreview(element, options);
  const choices = createChoices(find(result, ".own__choices", HTMLElement), { onChange: () => read(true) });
  /** @type {Source | null} */
  let source = null;
  /** Number of sources so far, so that a slow one does not overtake a later one. */
  let sources = 0;

  /** @param {Source | null} next */
  function begin(next) {
    readTyped.cancel();
    sources += 1;
    source = next;
    choices.begin();
    preview.begin();
    refuse("");
  }

  /**
   * Shows that the source cannot be read.
   * @param {string} sentence why; empty if there is no source
   */
  function refuse(sentence) {
    setText(reading, "");
    setText(said, "");
    object(sentence);
    result.hidden = true;
    preview.clear();
  }

  /** @param {string} sentence empty if there is no objection */
  function object(sentence) {
    setText(problem, sentence);
    problem.hidden = sentence === "";
  }

  /**
   * Reads the source with the chosen options.
   * @param {boolean} aloud whether the result is announced
   */
  function read(aloud) {
    if (source === null) return;
    const { name, content } = source;
    if (typeof content === "string" && content.length > MOST_BYTES) {
      refuse(tooLarge(name, content.length));
      return;
    }
    const decoded =
      typeof content === "string"
        ? { text: content, choice: null, problem: null }
        : decodeText(content, { encoding: choices.wishes().encoding, languages: navigator.languages });
    if (decoded.text === null) {
      refuse(phrase("import.problem", { name, problem: decoded.problem }));
      return;
    }
    const answer = readTable(decoded.text, choices.wishes());
    const found = answer.table ? answer.table.choices : answer.choices;
    setText(reading, "");
    object(answer.table ? "" : phrase("import.problem", { name, problem: answer.problem }));
    const all = decoded.choice ? [decoded.choice, ...found] : found;
    const choosable = choices.update(all, { open: answer.table === null });
    result.hidden = answer.table === null && !choosable;
    if (answer.table) preview.show(answer.table);
    else preview.clear();
    setText(title, answer.table ? describe(name, answer.table) : phrase("import.mend"));
    // A problem is announced by its own live region.
    const announced = aloud && answer.table !== null;
    setText(
      said,
      announced ? phrase("import.said", { found: title.textContent ?? "", how: choices.summary() }) : "",
    );
  }

  /** @param {File} chosen */
  async function readFile(chosen) {
    const name =
      chosen.name.length > LONG_NAME ? `${chosen.name.slice(0, LONG_NAME - 1)}\u2026` : chosen.name;
    begin(null);
    const number = sources;
    setText(reading, phrase("import.reading", { name }));
    const large = chosen.size > MOST_BYTES;
    let bytes;
    try {
      bytes = new Uint8Array(await (large ? chosen.slice(0, BEGINNING) : chosen).arrayBuffer());
    } catch {
      if (number === sources) refuse(phrase("import.unreadable", { name }));
      return;
    }
    if (number !== sources) return;
    if (large) {
      // For a large workbook the advice is CSV, not a smaller workbook.
      const { problem: kind } = decodeText(bytes);
      refuse(kind === null ? tooLarge(name, chosen.size) : phrase("import.problem", { name, problem: kind }));
      return;
    }
    source = { name, content: bytes, typed: false };
    read(true);
  }

  const readTyped = throttle((/** @type {string} */ content) => {
    if (content.trim() === "") {
      begin(null);
      return;
    }
    source = { name: phrase("import.the-text"), content, typed: true };
    read(false);
  }, TYPING_PAUSE);

  /** @param {string} content */
  function readText(content) {
    const typed = content.length <= LONG_TEXT;
    text.value = typed ? content : "";
    file.value = "";
    begin({ name: phrase("import.pasted-text"), content, typed });
    read(true);
  }

  file.addEventListener(
    "change",
    () => {
      const [chosen] = file.files ?? [];
      if (chosen) readFile(chosen);
    },
    { signal },
  );
  text.addEventListener(
    "input",
    (event) => {
      sources += 1;
      // Typing corrects the present text; a paste is another source.
      const pasted = event instanceof InputEvent && event.inputType === "insertFromPaste";
      if (pasted || !source?.typed) {
        file.value = "";
        begin(null);
      }
      readTyped.push(text.value);
    },
    { signal },
  );
  text.addEventListener(
    "paste",
    (event) => {
      const pasted = event.clipboardData?.getData("text") ?? "";
      if (pasted.length <= LONG_PASTE) return;
      event.preventDefault();
      if (pasted.length > LONG_TEXT) {
        readText(pasted);
        return;
      }
      text.setRangeText(pasted, text.selectionStart, text.selectionEnd, "end");
      text.dispatchEvent(new InputEvent("input", { inputType: "insertFromPaste" }));
    },
    { signal },
  );

  return {
    readFile,
    readText,
    focus: () => heading.focus(),
    paint: preview.paint,
    destroy() {
      readTyped.cancel();
      choices.destroy();
      preview.destroy();
      scope.abort();
    },
  };
}

/**
 * @param {string} name
 * @param {Table} table
 * @returns {string}
 */
function describe(name, { rows, leftOutCount }) {
  const points = phrase("count.points", { count: rows.length });
  if (leftOutCount === 0) return phrase("import.found", { name, points });
  return phrase("import.found-without", {
    name,
    points,
    lines: phrase("count.lines", { count: leftOutCount }),
  });
}

/**
 * @param {string} name
 * @param {number} bytes
 * @returns {string}
 */
function tooLarge(name, bytes) {
  return phrase("import.too-large", { name, size: megabytes(bytes), most: megabytes(MOST_BYTES) });
}

/**
 * @param {number} bytes
 * @returns {string}
 */
function megabytes(bytes) {
  return `${formatPlain(Number((bytes / 1e6).toPrecision(2)))} MB`;
}
