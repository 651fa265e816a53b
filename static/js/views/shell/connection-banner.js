/** The banner that says why there is no connection, and what to do about it. */

import { find, setText } from "../../lib/dom/dom.js";

/** @import { View } from "../../types/app.js" */

/**
 * @typedef {object} BannerProps
 * @property {string} reason of what is said, for scripts
 * @property {string} text nothing while all is well
 * @property {string} offer label of the button; nothing if there is nothing to do but wait
 */

/**
 * @param {HTMLElement} element
 * @param {{ onOffer: () => void }} options
 * @returns {View<BannerProps>}
 */
export function createConnectionBanner(element, { onOffer }) {
  const label = find(element, ".notice__text", HTMLElement);
  const button = find(element, "button", HTMLButtonElement);
  const spinner = find(element, ".notice__spinner", HTMLElement);
  button.addEventListener("click", onOffer);

  return {
    update(props) {
      element.dataset.reason = props.reason;
      setText(label, props.text);
      setText(button, props.offer);
      button.hidden = props.offer === "";
      spinner.hidden = props.offer !== "";
      element.hidden = props.text === "";
    },
    destroy() {
      button.removeEventListener("click", onOffer);
    },
  };
}
