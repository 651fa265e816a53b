/** Two short notes for newcomers, shown only where the network leaves room. */

import { create } from "../../lib/dom/dom.js";
import { createSvg } from "../../lib/dom/svg.js";
import { phrase } from "../../lib/text/i18n.js";
import { parameterPoint } from "./geometry.js";

/** @import { Layout } from "./geometry.js" */

const NOTE_WIDTH = 132;
const NOTE_HEIGHT = 76;
/** Between a note and the thing that it points at. */
const DISTANCE = 30;

/**
 * @param {HTMLElement} element
 */
export function createCallouts(element) {
  const unitNote = create("p", { class: "callout" }, phrase("callouts.unit"));
  const linkNote = create("p", { class: "callout" }, phrase("callouts.link"));
  const svg = createSvg("svg", { class: "diagram__arrows" });
  element.append(svg, unitNote, linkNote);

  /**
   * @param {HTMLElement} note
   * @param {number} x
   * @param {number} y
   */
  function put(note, x, y) {
    note.hidden = false;
    note.style.setProperty("--x", `${x.toFixed(0)}px`);
    note.style.setProperty("--y", `${y.toFixed(0)}px`);
  }

  /**
   * @param {number} fromX
   * @param {number} fromY
   * @param {number} toX
   * @param {number} toY
   */
  function arrow(fromX, fromY, toX, toY) {
    const lift = (fromY - toY) * 0.6;
    const d = `M${fromX} ${fromY}C${fromX - 10} ${fromY - lift} ${toX - 8} ${toY + lift} ${toX} ${toY + 2}`;
    const head = `M${toX - 5} ${toY + 7}L${toX} ${toY + 1}L${toX + 4} ${toY + 8}`;
    svg.append(createSvg("path", { d }), createSvg("path", { d: head }));
  }

  /**
   * Draws the arrow from the output, or a bracket of many outputs, to the large map at the right.
   * @param {Layout} layout
   */
  function pointOut({ columns }) {
    const output = columns.at(-1);
    if (!output) return;
    const x = output.x + output.size / 2 + 4;
    const y = output.ys[0] ?? 0;
    const last = output.ys.at(-1) ?? y;
    const arrow = "m-5 -5l5 5l-5 5";
    const together = `M${x} ${y}h4V${last}h-4M${x + 4} ${(y + last) / 2}h14${arrow}`;
    const d = last > y ? together : `M${x} ${y}h16${arrow}`;
    svg.append(createSvg("path", { class: "diagram__exit", d }));
  }

  return {
    /** @param {Layout} layout */
    place(layout) {
      const [first, second] = layout.columns;
      svg.replaceChildren();
      pointOut(layout);
      unitNote.hidden = true;
      linkNote.hidden = true;
      if (!first || !second || layout.columns.length < 2 || first.compact) return;

      const lastY = (first.ys.at(-1) ?? 0) + first.size / 2;
      const half = (second.x - first.x) / 2;
      if (half < NOTE_WIDTH * 0.62) return;
      if (layout.height - lastY >= NOTE_HEIGHT + DISTANCE) {
        put(unitNote, first.x - NOTE_WIDTH / 2, lastY + DISTANCE);
        arrow(first.x - 8, lastY + DISTANCE - 4, first.x, lastY + 3);
      }

      const address = { layer: 1, unit: second.ys.length - 1, input: first.ys.length - 1 };
      const point = parameterPoint(layout, address);
      const lowerY = (second.ys.at(-1) ?? 0) + second.size / 2;
      const top = Math.max(point.y + DISTANCE + 8, half < NOTE_WIDTH ? lowerY - 20 : 0);
      if (layout.height - top >= NOTE_HEIGHT) {
        put(linkNote, point.x - 8, top);
        arrow(point.x + 16, top - 4, point.x + 4, point.y + 8);
      }
    },
  };
}
