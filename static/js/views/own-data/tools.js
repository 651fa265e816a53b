/** The tools beside the board: class and value of new points, and the pointer's tool. */

import { create, find, findAll, setText } from "../../lib/dom/dom.js";
import { createSvg } from "../../lib/dom/svg.js";
import { markPath } from "../../lib/draw/class-shapes.js";
import { clamp } from "../../lib/draw/scale.js";
import { formatCount, formatPlain } from "../../lib/text/format.js";
import { phrase } from "../../lib/text/i18n.js";
import { countClasses, MOST_CLASSES } from "../../own-data/point-set.js";

/** @import { Kind, PointSet } from "../../own-data/point-set.js" */

const RADIUS = 4.8;

/**
 * @param {HTMLElement} element
 * @param {{ onKind: (kind: Kind) => void, onChange: () => void, announce: (sentence: string) => void }} options
 */
export function createTools(element, { onKind, onChange, announce }) {
  const scope = new AbortController();
  const { signal } = scope;
  const classes = find(element, ".own__classes", HTMLFieldSetElement);
  const value = find(element, "#own-value", HTMLInputElement);
  const size = find(element, "#own-size", HTMLInputElement);
  const density = find(element, "#own-density", HTMLInputElement);
  const valueField = find(element, ".own__value", HTMLElement);
  const counts = Array.from({ length: MOST_CLASSES }, (_, mark) => addClass(mark));
  const kinds = findAll(element, '[name="own-kind"]', HTMLInputElement);
  const tools = findAll(element, '[name="own-tool"]', HTMLInputElement);
  const labels = findAll(element, '[name="own-class"]', HTMLInputElement);

  /**
   * @param {number} mark
   * @returns {HTMLElement} the element for the number of its points
   */
  function addClass(mark) {
    const svg = createSvg("svg", { class: "own__mark", viewBox: "-8 -8 16 16", "aria-hidden": "true" });
    const path = createSvg("path", { d: markPath(mark, RADIUS) });
    path.style.setProperty("fill", `var(--class-${mark})`);
    svg.append(path);
    const count = create("span", { class: "own__count" }, "0");
    const radio = create("input", {
      class: "own__radio",
      type: "radio",
      name: "own-class",
      value: mark,
      autocomplete: "off",
      "aria-keyshortcuts": String(mark),
      checked: mark === 0,
    });
    const name = create("span", { class: "own__number" }, String(mark));
    const hidden = create("span", { class: "visually-hidden" }, phrase("own.class-before"));
    const face = create("span", { class: "own__face-of-choice" }, svg, hidden, name, count);
    classes.append(
      create(
        "label",
        { class: "own__choice", title: phrase("own.class-with-key", { label: mark }) },
        radio,
        face,
      ),
    );
    return count;
  }

  /** @param {HTMLInputElement[]} radios */
  const chosen = (radios) => radios.find((radio) => radio.checked)?.value ?? "";

  function show() {
    setText(find(valueField, "output", HTMLElement), formatPlain(value.valueAsNumber));
    for (const slider of [value, size, density]) {
      const low = Number(slider.min);
      const share = (slider.valueAsNumber - low) / (Number(slider.max) - low);
      slider.style.setProperty("--share", share.toFixed(4));
      const output = slider.closest(".field")?.querySelector("output");
      const text =
        slider === density
          ? phrase("own.per-second", { count: slider.value })
          : formatPlain(slider.valueAsNumber);
      if (output) setText(output, text);
      slider.setAttribute(
        "aria-valuetext",
        slider === density ? phrase("own.points-per-second", { count: slider.value }) : text,
      );
    }
    const tool = chosen(tools);
    size.disabled = tool === "brush";
    density.disabled = tool !== "spray";
    onChange();
  }

  for (const kind of kinds)
    kind.addEventListener("change", () => onKind(kind.value === "values" ? "values" : "classes"), { signal });
  for (const control of [...tools, ...labels]) control.addEventListener("change", show, { signal });
  for (const slider of [value, size, density]) slider.addEventListener("input", show, { signal });

  /**
   * @param {HTMLInputElement[]} radios
   * @param {string} wanted
   * @returns {boolean}
   */
  function choose(radios, wanted) {
    const radio = radios.find((entry) => entry.value === wanted);
    if (!radio) return false;
    radio.checked = true;
    show();
    return true;
  }

  return {
    start: show,
    get() {
      return {
        tool: chosen(tools),
        label: Number(chosen(labels)),
        value: value.valueAsNumber,
        size: size.valueAsNumber,
        density: density.valueAsNumber,
      };
    },

    /** @param {PointSet} set */
    update({ kind, points }) {
      for (const radio of kinds) radio.checked = radio.value === kind;
      classes.hidden = kind !== "classes";
      valueField.hidden = kind !== "values";
      countClasses(points).forEach((count, label) => {
        setText(/** @type {HTMLElement} */ (counts[label]), formatCount(count));
      });
    },

    /**
     * @param {string} key
     * @param {Kind} kind
     * @returns {boolean} whether the key is used
     */
    press(key, kind) {
      const tool = { b: "brush", s: "spray", e: "eraser" }[key];
      if (tool) {
        announce(phrase(`own.say-${tool}`));
        return choose(tools, tool);
      }
      if (kind === "classes" && /^[0-9]$/.test(key)) {
        const known = choose(labels, key);
        if (known) announce(phrase("own.say-class", { label: key }));
        return known;
      }
      if (kind === "values" && (key === "+" || key === "-")) {
        value.value = String(clamp(value.valueAsNumber + (key === "+" ? 0.1 : -0.1), -1, 1));
        show();
        announce(phrase("own.say-value", { value: formatPlain(value.valueAsNumber) }));
        return true;
      }
      return false;
    },

    destroy: () => scope.abort(),
  };
}
