/** The legend of the map: shape and colour of each class. */

import { create, find, findAll, setText } from "../../lib/dom/dom.js";
import { createSvg } from "../../lib/dom/svg.js";
import { markPath } from "../../lib/draw/class-shapes.js";
import { phrase } from "../../lib/text/i18n.js";

/** @import { View } from "../../types/app.js" */

const RADIUS = 4.6;
/** Labels of the colour scale: of values, and of probabilities. */
const VALUES = ["\u22121", "0", "1"];
const PROBABILITIES = ["0", "\u00bd", "1"];

/**
 * @typedef {object} LegendProps
 * @property {number} classes 0 for values
 * @property {number | null} shown the class whose probability the map shows
 */

/**
 * @param {HTMLElement} element
 * @returns {View<LegendProps>}
 */
export function createLegend(element) {
  const list = find(element, ".legend__classes", HTMLElement);
  const ticks = findAll(element, ".legend__ticks span", HTMLElement);
  let count = -1;

  /**
   * @param {number} mark
   * @param {string} name
   */
  function createEntry(mark, name) {
    const svg = createSvg("svg", { class: "legend__shape", viewBox: "-7 -7 14 14", "aria-hidden": "true" });
    const path = createSvg("path", { class: "legend__mark", d: markPath(mark, RADIUS) });
    path.style.setProperty("--mark", `var(--class-${mark})`);
    svg.append(path);
    return create("li", { class: "legend__class" }, svg, name);
  }

  return {
    update({ classes, shown }) {
      if (classes !== count) {
        count = classes;
        const names =
          classes === 2 ? ["+1", "\u22121"] : Array.from({ length: classes }, (_, mark) => `${mark}`);
        list.replaceChildren(...names.map((name, mark) => createEntry(mark, name)));
        list.setAttribute(
          "aria-label",
          classes > 2 ? phrase("legend.classes-to", { last: classes - 1 }) : phrase("legend.classes"),
        );
        element.toggleAttribute("data-many", classes > 2);
      }
      for (const [mark, entry] of [...list.children].entries()) {
        entry.toggleAttribute("data-shown", mark === shown);
      }
      element.toggleAttribute("data-one", shown !== null);
      element.style.setProperty("--shown", `var(--map-class-${shown ?? 0})`);
      const texts = shown === null ? VALUES : PROBABILITIES;
      ticks.forEach((tick, index) => {
        setText(tick, texts[index] ?? "");
      });
    },
    destroy: () => list.replaceChildren(),
  };
}
