/** The seed of TensorFlow Playground, if the experiment has one, with a button that removes it. */

import { find, setText } from "../../lib/dom/dom.js";

/** @import { View } from "../../types/app.js" */

/**
 * @param {HTMLElement} element
 * @param {{ onLeave: () => void }} options
 * @returns {View<{ seed: string | null, enabled: boolean }>}
 */
export function createClassicSeed(element, { onLeave }) {
  const scope = new AbortController();
  const value = find(element, ".classic-seed__value", HTMLElement);
  const button = find(element, "button", HTMLButtonElement);
  button.addEventListener("click", onLeave, { signal: scope.signal });
  return {
    update({ seed, enabled }) {
      element.hidden = seed === null;
      setText(value, seed ?? "");
      button.disabled = !enabled;
    },
    destroy: () => scope.abort(),
  };
}
