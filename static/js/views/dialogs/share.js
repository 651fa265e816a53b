/** The dialog to share the experiment, and to open one from a link or a file. */

import { find, setText } from "../../lib/dom/dom.js";
import { copyText } from "../../lib/dom/download.js";
import { phrase } from "../../lib/text/i18n.js";

/** @import { View } from "../../types/app.js" */

/**
 * @typedef {object} ShareOptions
 * @property {() => { address: string, ownPoints: boolean }} describe the address of the experiment, and whether it has
 *   points that do not fit into one
 * @property {() => Promise<string>} classicLink the address in TensorFlow Playground; rejects with a sentence where there is none
 * @property {(text: string) => Promise<void>} onLink opens a pasted link; rejects with a sentence
 * @property {(file: File) => Promise<void>} onFile likewise
 * @property {(error: unknown) => string} sentenceOf the text of a refusal
 */

/**
 * @param {HTMLDialogElement} dialog
 * @param {ShareOptions} options
 * @returns {View<void> & { open: () => void }}
 */
export function createShare(dialog, { describe, classicLink, onLink, onFile, sentenceOf }) {
  const scope = new AbortController();
  const { signal } = scope;
  const address = find(dialog, "#share-address", HTMLInputElement);
  const ownPoints = find(dialog, "#share-own-points", HTMLElement);
  const classic = find(dialog, "#share-classic", HTMLInputElement);
  const classicRow = find(dialog, "#share-classic-row", HTMLElement);
  const lack = find(dialog, "#share-classic-lack", HTMLElement);
  const form = find(dialog, "#share-form", HTMLFormElement);
  const link = find(dialog, "#share-link", HTMLInputElement);
  const file = find(dialog, "#share-file", HTMLInputElement);
  const refusal = find(dialog, "#share-refusal", HTMLElement);
  const copied = find(dialog, "#share-copied", HTMLElement);
  /** Number of requests for the link, so that an outdated answer is ignored. */
  let turn = 0;

  async function showClassic() {
    turn += 1;
    const asked = turn;
    let text = "";
    let reason = "";
    try {
      text = await classicLink();
    } catch (error) {
      reason = sentenceOf(error);
    }
    if (asked !== turn) return;
    classic.value = text;
    setText(lack, reason);
    classicRow.hidden = text === "";
    lack.hidden = reason === "";
  }

  /** @param {HTMLInputElement} field */
  async function copy(field) {
    const done = await copyText(field.value, field);
    setText(copied, phrase(done ? "copy.done" : "copy.selected"));
  }

  /**
   * @param {() => Promise<void>} work
   * @param {HTMLInputElement} field
   */
  async function attempt(work, field) {
    setText(refusal, "");
    field.removeAttribute("aria-invalid");
    try {
      await work();
      dialog.close();
    } catch (error) {
      setText(refusal, sentenceOf(error));
      field.setAttribute("aria-invalid", "true");
      field.focus();
    }
  }

  for (const field of [address, classic]) {
    field.addEventListener("focus", () => field.select(), { signal });
    const button = find(dialog, `[data-copy="${field.id}"]`, HTMLButtonElement);
    button.addEventListener("click", () => copy(field), { signal });
  }
  form.addEventListener(
    "submit",
    (event) => {
      event.preventDefault();
      attempt(() => onLink(link.value), link);
    },
    { signal },
  );
  file.addEventListener(
    "change",
    () => {
      const chosen = file.files?.[0];
      // The same file may be chosen again after it was corrected.
      if (chosen) attempt(() => onFile(chosen), file).finally(() => (file.value = ""));
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
      const { address: text, ownPoints: own } = describe();
      address.value = text;
      ownPoints.hidden = !own;
      link.value = "";
      link.removeAttribute("aria-invalid");
      file.removeAttribute("aria-invalid");
      for (const message of [refusal, copied]) setText(message, "");
      classicRow.hidden = true;
      lack.hidden = true;
      showClassic();
      dialog.showModal();
    },
    update() {},
    destroy: () => scope.abort(),
  };
}
