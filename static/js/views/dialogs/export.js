/** The export dialog: experiment, network, pictures, losses, and the experiment as a script. */

import { find, findAll, setText } from "../../lib/dom/dom.js";
import { copyText, download } from "../../lib/dom/download.js";
import { phrase } from "../../lib/text/i18n.js";

/** @import { View } from "../../types/app.js" */

/**
 * @typedef {object} ExportOptions
 * @property {(kind: string) => Promise<{ name: string, blob: Blob }>} file
 * @property {(language: string) => Promise<{ name: string, text: string }>} code rejects with a sentence
 * @property {(error: unknown) => string} sentenceOf the text of a refusal
 */

/**
 * @param {HTMLDialogElement} dialog
 * @param {ExportOptions} options
 * @returns {View<void> & { open: () => void }}
 */
export function createExport(dialog, { file, code, sentenceOf }) {
  const scope = new AbortController();
  const { signal } = scope;
  const status = find(dialog, "#export-status", HTMLElement);
  const fold = find(dialog, "#export-code", HTMLDetailsElement);
  const language = find(dialog, "#export-language", HTMLSelectElement);
  const preview = find(dialog, "#export-preview", HTMLElement);
  const refusal = find(dialog, "#export-refusal", HTMLElement);
  const copyButton = find(dialog, "#export-copy", HTMLButtonElement);
  const downloadButton = find(dialog, "#export-keep", HTMLButtonElement);
  /** @type {{ name: string, text: string } | null} the script that is shown */
  let script = null;
  let turn = 0;

  /** @param {string} kind */
  async function take(kind) {
    const made = await file(kind);
    download(made);
    setText(status, phrase("export.on-its-way", { name: made.name }));
  }

  async function showCode() {
    turn += 1;
    const asked = turn;
    showScript(null, "");
    setText(preview, phrase("export.writing"));
    let made = null;
    let reason = "";
    try {
      made = await code(language.value);
    } catch (error) {
      reason = sentenceOf(error);
    }
    if (asked === turn) showScript(made, reason);
  }

  /**
   * @param {typeof script} made
   * @param {string} reason why there is none
   */
  function showScript(made, reason) {
    script = made;
    setText(preview, made?.text ?? "");
    preview.scrollTop = 0;
    preview.hidden = reason !== "";
    setText(refusal, reason);
    copyButton.disabled = made === null;
    downloadButton.disabled = made === null;
  }

  for (const button of findAll(dialog, "[data-export]", HTMLButtonElement)) {
    button.addEventListener("click", () => take(button.dataset.export ?? ""), { signal });
  }
  fold.addEventListener(
    "toggle",
    () => {
      if (fold.open) showCode();
    },
    { signal },
  );
  language.addEventListener("change", showCode, { signal });
  copyButton.addEventListener(
    "click",
    async () => {
      if (!script) return;
      const done = await copyText(script.text, preview);
      setText(status, phrase(done ? "copy.done" : "copy.selected"));
    },
    { signal },
  );
  downloadButton.addEventListener(
    "click",
    () => {
      if (!script) return;
      download({ name: script.name, blob: new Blob([script.text], { type: "text/x-python" }) });
      setText(status, phrase("export.on-its-way", { name: script.name }));
    },
    { signal },
  );
  dialog.addEventListener(
    "click",
    (event) => {
      if (event.target === dialog) dialog.close();
    },
    { signal },
  );

  return {
    open() {
      if (dialog.open) return;
      setText(status, "");
      if (fold.open) showCode();
      dialog.showModal();
    },
    update() {},
    destroy: () => scope.abort(),
  };
}
