/** The confusion tables, updated only while they are open. */

import { create, find, setText } from "../../lib/dom/dom.js";
import { formatCount, formatPercent } from "../../lib/text/format.js";
import { phrase } from "../../lib/text/i18n.js";

/** @import { View } from "../../types/app.js" */

/** Shortest time between two updates while training, in milliseconds. */
const PAUSE = 250;
/** Parts of the samples in the order of a frame, and the order of their tables. */
const PARTS = ["training", "test", "validation"];
const ORDER = [1, 0, 2];

/**
 * @typedef {object} Table
 * @property {HTMLTableElement} element
 * @property {HTMLElement[][]} cells true class by predicted class
 * @property {HTMLElement[]} found the share of each class that was found
 */

/**
 * @param {HTMLDetailsElement} element
 * @param {{ onOpen: (open: boolean) => void }} options
 * @returns {View<{ classes: number }> & {
 *   draw: (counts: Uint32Array | null, time: number, force: boolean) => void,
 * }}
 */
export function createConfusionPanel(element, { onOpen }) {
  const scope = new AbortController();
  const place = find(element, ".insight__tables", HTMLElement);
  let classes = 0;
  let next = 0;
  /** @type {Table[]} in the order of a frame */
  let tables = [];

  element.addEventListener("toggle", () => onOpen(element.open), { signal: scope.signal });

  /** @param {number} parts */
  function build(parts) {
    tables = PARTS.slice(0, parts).map((part) => buildTable(phrase(`insight.${part}`), classes));
    place.dataset.classes = String(classes);
    place.replaceChildren(...ORDER.flatMap((part) => tables[part]?.element ?? []));
  }

  return {
    update(props) {
      if (props.classes === classes) return;
      classes = props.classes;
      tables = [];
      place.replaceChildren();
    },
    draw(counts, time, force) {
      if (!element.open || (!force && time < next)) return;
      next = time + PAUSE;
      const size = classes ** 2;
      const parts = counts && size > 0 ? counts.length / size : 0;
      place.hidden = parts === 0;
      if (!counts || !Number.isInteger(parts) || parts === 0) return;
      if (parts !== tables.length) build(parts);
      tables.forEach((table, part) => {
        writeTable(table, counts.subarray(part * size, (part + 1) * size), classes);
      });
    },
    destroy: () => scope.abort(),
  };
}

/**
 * @param {number} classes
 * @returns {string[]}
 */
function namesOf(classes) {
  return classes === 2 ? ["+1", "\u22121"] : Array.from({ length: classes }, (_, number) => String(number));
}

/**
 * @param {string} part
 * @param {number} classes
 * @returns {Table}
 */
function buildTable(part, classes) {
  const names = namesOf(classes);
  const caption = create("caption", {}, part);
  const heads = names.map((name, number) => headOf("col", name, number));
  const corner = create("td", { class: "confusion__corner" }, `${phrase("insight.true")} \u2193`);
  const top = create(
    "tr",
    {},
    corner,
    ...heads,
    create("th", { scope: "col", title: phrase("insight.found-text") }, phrase("insight.found")),
  );
  /** @type {HTMLElement[][]} */
  const cells = [];
  /** @type {HTMLElement[]} */
  const found = [];
  const rows = names.map((name, number) => {
    const row = names.map(() => create("td", { class: "confusion__cell" }));
    row[number]?.setAttribute("data-right", "");
    const share = create("td", { class: "confusion__found" });
    cells.push(row);
    found.push(share);
    return create("tr", {}, headOf("row", name, number), ...row, share);
  });
  const head = create("thead", {}, top);
  return {
    element: create("table", { class: "confusion" }, caption, head, create("tbody", {}, ...rows)),
    cells,
    found,
  };
}

/**
 * @param {"row" | "col"} scope
 * @param {string} name
 * @param {number} number
 */
function headOf(scope, name, number) {
  const head = create("th", { scope, class: "confusion__class" }, name);
  head.style.setProperty("--mark", `var(--class-${number})`);
  return head;
}

/**
 * @param {Table} table
 * @param {Uint32Array} counts
 * @param {number} classes
 */
function writeTable({ cells, found }, counts, classes) {
  cells.forEach((row, number) => {
    const own = counts.subarray(number * classes, (number + 1) * classes);
    const all = own.reduce((sum, count) => sum + count, 0);
    row.forEach((cell, taken) => {
      const count = own[taken] ?? 0;
      setText(cell, formatCount(count));
      cell.style.setProperty("--share", (all > 0 ? count / all : 0).toFixed(3));
    });
    const share = found[number];
    if (share) setText(share, formatPercent(all > 0 ? (own[number] ?? 0) / all : Number.NaN));
  });
}
