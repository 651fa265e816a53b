/** The banner that says why there is no connection, with a button if the person can do something. */

import { find, setText } from "../../lib/dom/dom.js";

/** @import { View } from "../../types/app.js" */

/**
 * @typedef {object} BannerProps
 * @property {string} reason of the text, for scripts
 * @property {string} text empty while connected
 * @property {string} offer label of the button; empty if the person can only wait
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
