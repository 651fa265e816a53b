/** The help dialog; its list of keys is built from the page's actions. */

import { create, find } from "../../lib/dom/dom.js";

/** @import { View } from "../../types/app.js" */

/**
 * @param {HTMLDialogElement} dialog
 * @param {{ shortcuts: { label: string, keys: string[] }[] }} options
 * @returns {View<void> & { open: () => void }}
 */
export function createHelpDialog(dialog, { shortcuts }) {
  const scope = new AbortController();
  const rows = shortcuts.map(({ label, keys }) => {
    const marks = keys.map((key) => create("kbd", {}, key));
    return create("tr", {}, create("th", { scope: "row" }, ...marks), create("td", {}, label));
  });
  find(dialog, "#help-keys tbody", HTMLTableSectionElement).replaceChildren(...rows);
  dialog.addEventListener(
    "click",
    (event) => {
      if (event.target === dialog) dialog.close();
    },
    { signal: scope.signal },
  );
  // An action button works outside the dialog, which closes first.
  dialog.addEventListener(
    "click",
    (event) => {
      if (event.target instanceof Element && event.target.closest("[data-action]")) dialog.close();
    },
    { signal: scope.signal, capture: true },
  );
  return {
    open: () => {
      if (!dialog.open) dialog.showModal();
    },
    update() {},
    destroy: () => scope.abort(),
  };
}
