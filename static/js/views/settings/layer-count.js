/** The number of hidden layers, with buttons for fewer and more. */

import { find, setText } from "../../lib/dom/dom.js";
import { phrase } from "../../lib/text/i18n.js";

/** @import { View } from "../../types/app.js" */

/**
 * @param {HTMLElement} element
 * @param {{ fewest: number, most: number, onCount: (by: 1 | -1) => void }} options
 * @returns {View<{ count: number, enabled: boolean }>}
 */
export function createLayerCount(element, { fewest, most, onCount }) {
  const scope = new AbortController();
  const { signal } = scope;
  const less = find(element, "#remove-layer", HTMLButtonElement);
  const more = find(element, "#add-layer", HTMLButtonElement);
  const number = find(element, "#layer-count", HTMLElement);
  const word = find(element, "#layer-word", HTMLElement);
  less.addEventListener("click", () => onCount(-1), { signal });
  more.addEventListener("click", () => onCount(1), { signal });

  return {
    update({ count, enabled }) {
      less.disabled = !enabled || count <= fewest;
      more.disabled = !enabled || count >= most;
      setText(number, String(count));
      setText(word, phrase("layers.title", { count }));
    },
    destroy: () => scope.abort(),
  };
}
