/** The banner that says why there is no connection, and what to do about it. */

import { find, setText } from "../../lib/dom/dom.js";

/** @import { View } from "../../types/app.js" */

/**
 * @typedef {object} LineProps
 * @property {string} reason of what is said, for scripts
 * @property {string} words nothing while all is well
 * @property {string} offer label of the button; nothing if there is nothing to do but wait
 */

/**
 * @param {HTMLElement} element
 * @param {{ onOffer: () => void }} options
 * @returns {View<LineProps>}
 */
export function createLine(element, { onOffer }) {
  const words = find(element, ".notice__text", HTMLElement);
  const button = find(element, "button", HTMLButtonElement);
  const spinner = find(element, ".notice__spinner", HTMLElement);
  button.addEventListener("click", onOffer);

  return {
    update(props) {
      element.dataset.reason = props.reason;
      setText(words, props.words);
      setText(button, props.offer);
      button.hidden = props.offer === "";
      spinner.hidden = props.offer !== "";
      element.hidden = props.words === "";
    },
    destroy() {
      button.removeEventListener("click", onOffer);
    },
  };
}
