/** The dialog that asks for the join code. */

import { find, setText } from "../../lib/dom/dom.js";

/** @import { View } from "../../types/app.js" */

/**
 * @param {HTMLDialogElement} dialog
 * @param {object} options
 * @param {(code: string) => Promise<void>} options.onCode submits a code; rejects with a sentence
 * @returns {View<void> & { ask: () => Promise<void> }}
 */
export function createJoinDialog(dialog, { onCode }) {
  const scope = new AbortController();
  const { signal } = scope;
  const form = find(dialog, "form", HTMLFormElement);
  const field = find(dialog, "input", HTMLInputElement);
  const button = find(dialog, "button", HTMLButtonElement);
  const refusal = find(dialog, "#join-refusal", HTMLElement);
  /** @type {(() => void) | null} */
  let onAccepted = null;

  /** @param {string} sentence */
  function refuse(sentence) {
    setText(refusal, sentence);
    if (sentence === "") {
      field.removeAttribute("aria-invalid");
      return;
    }
    field.setAttribute("aria-invalid", "true");
    field.focus();
    field.select();
  }

  async function submit() {
    if (field.value.trim() === "" || button.disabled) {
      field.focus();
      return;
    }
    refuse("");
    button.disabled = true;
    try {
      await onCode(field.value);
      const done = onAccepted;
      onAccepted = null;
      field.value = "";
      dialog.close();
      done?.();
    } catch (error) {
      refuse(error instanceof Error ? error.message : String(error));
    } finally {
      button.disabled = false;
    }
  }

  form.addEventListener(
    "submit",
    (event) => {
      event.preventDefault();
      submit();
    },
    { signal },
  );
  field.addEventListener("input", () => refuse(""), { signal });
  // Nothing on the page works without the code, so the dialog cannot be closed.
  dialog.addEventListener("cancel", (event) => event.preventDefault(), { signal });
  dialog.addEventListener("close", () => onAccepted && dialog.showModal(), { signal });

  return {
    /** Opens the dialog, and waits until a code is accepted. */
    ask() {
      return new Promise((resolve) => {
        onAccepted = resolve;
        if (!dialog.open) dialog.showModal();
        field.focus();
      });
    },
    update() {},
    destroy: () => scope.abort(),
  };
}
