/** Layer headers: number of units, and buttons for fewer and more. */

import { create, icon, setText } from "../../lib/dom/dom.js";
import { phrase } from "../../lib/text/i18n.js";

/**
 * @typedef {object} HeadsProps
 * @property {number[]} hidden units per layer, as wanted
 * @property {number[]} xs centre of each layer
 * @property {number} fewest units a layer may have
 * @property {number} most
 * @property {boolean} enabled
 */

/**
 * @param {HTMLElement} element
 * @param {{ onUnits: (layer: number, units: number) => void }} options
 */
export function createHeads(element, { onUnits }) {
  /** @type {{ box: HTMLElement, less: HTMLButtonElement, count: HTMLElement, more: HTMLButtonElement }[]} */
  const heads = [];
  /** @type {number[]} */
  let units = [];

  /** @param {number} layer */
  function createHead(layer) {
    const less = create("button", {
      class: "small",
      type: "button",
      "aria-label": phrase("diagram.fewer-units", { layer: layer + 1 }),
    });
    const more = create("button", {
      class: "small",
      type: "button",
      "aria-label": phrase("diagram.more-units", { layer: layer + 1 }),
    });
    const count = create("output", { class: "head__count" });
    less.append(icon("minus"));
    more.append(icon("plus"));
    less.addEventListener("click", () => onUnits(layer, (units[layer] ?? 0) - 1));
    more.addEventListener("click", () => onUnits(layer, (units[layer] ?? 0) + 1));
    const box = create("div", {
      class: "head",
      role: "group",
      "aria-label": phrase("diagram.units", { layer: layer + 1 }),
    });
    box.append(less, count, more);
    element.append(box);
    return { box, less, count, more };
  }

  return {
    /** @param {HeadsProps} props */
    update({ hidden, xs, fewest, most, enabled }) {
      units = hidden;
      while (heads.length > hidden.length) heads.pop()?.box.remove();
      hidden.forEach((count, layer) => {
        const head = heads[layer] ?? createHead(layer);
        heads[layer] = head;
        setText(head.count, String(count));
        head.less.disabled = !enabled || count <= fewest;
        head.more.disabled = !enabled || count >= most;
        const x = xs[layer];
        head.box.hidden = x === undefined;
        if (x !== undefined) head.box.style.setProperty("--x", `${x.toFixed(1)}px`);
      });
    },
  };
}
