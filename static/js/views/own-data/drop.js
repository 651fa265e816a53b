/** Imports tables that are dropped on the page into the editor of own points. */

import { find } from "../../lib/dom/dom.js";

/** Files that open the editor if it is closed, with workbooks, which the editor refuses; other files are left to the page. */
const TABLES = /\.(csv|tsv|tab|xlsx|xlsm|xls|ods|numbers)$/i;

/**
 * @param {Document} page
 * @param {(file: File) => void} onFile
 * @returns {() => void} stops it
 */
export function listenForTables(page, onFile) {
  const scope = new AbortController();
  const { signal } = scope;
  const dialog = find(page, "#own", HTMLDialogElement);
  const mark = (/** @type {boolean} */ over) => dialog.toggleAttribute("data-drop", over);
  page.addEventListener(
    "dragover",
    (event) => {
      if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      mark(true);
    },
    { signal },
  );
  page.addEventListener(
    "drop",
    (event) => {
      mark(false);
      const [file] = event.dataTransfer?.files ?? [];
      if (!file || event.defaultPrevented || !(dialog.open || TABLES.test(file.name))) return;
      event.preventDefault();
      onFile(file);
    },
    { signal },
  );
  page.addEventListener(
    "dragleave",
    (event) => {
      if (event.relatedTarget === null) mark(false);
    },
    { signal },
  );
  return () => scope.abort();
}
