/** A button over the picture of every unit: pointing or focus previews it, a click pins it. */

import { create, setAttribute } from "../../lib/dom/dom.js";
import { phrase } from "../../lib/text/i18n.js";

/** @import { Layout } from "./geometry.js" */

/** @typedef {{ layer: number, unit: number }} Unit */

/**
 * @param {boolean} isOutput
 * @param {number} units of its layer
 * @param {number} layer
 * @param {number} unit
 * @returns {string}
 */
function labelOf(isOutput, units, layer, unit) {
  if (!isOutput) return phrase("diagram.unit", { unit: unit + 1, layer: layer + 1 });
  return units > 1 ? phrase("diagram.output-unit-of-class", { label: unit }) : phrase("diagram.output-unit");
}

/**
 * @param {HTMLElement} element
 * @param {{ onPreview: (unit: Unit | null) => void, onPin: (unit: Unit) => void }} options
 */
export function createUnits(element, { onPreview, onPin }) {
  const scope = new AbortController();
  const { signal } = scope;
  /** @type {HTMLButtonElement[][]} by layer; the last layer is the output, or the outputs */
  let layers = [];
  /** @type {Unit} the one in the tab order */
  let current = { layer: 0, unit: 0 };

  /**
   * @param {EventTarget | null} target
   * @returns {Unit | null}
   */
  function unitOf(target) {
    const button = target instanceof Element ? target.closest("button") : null;
    if (!button) return null;
    return { layer: Number(button.dataset.layer), unit: Number(button.dataset.unit) };
  }

  /** @param {Unit} next */
  function setCurrent(next) {
    const before = layers[current.layer]?.[current.unit];
    const after = layers[next.layer]?.[next.unit];
    if (before) before.tabIndex = -1;
    if (after) after.tabIndex = 0;
    current = next;
  }

  element.addEventListener("pointerover", ({ target }) => onPreview(unitOf(target)), { signal });
  element.addEventListener("pointerout", () => onPreview(null), { signal });
  element.addEventListener("focusout", () => onPreview(null), { signal });
  element.addEventListener(
    "focusin",
    ({ target }) => {
      const unit = unitOf(target);
      if (!unit) return;
      setCurrent(unit);
      if (target instanceof Element && target.matches(":focus-visible")) onPreview(unit);
    },
    { signal },
  );
  element.addEventListener(
    "click",
    ({ target }) => {
      const unit = unitOf(target);
      if (unit) onPin(unit);
    },
    { signal },
  );
  element.addEventListener(
    "keydown",
    (event) => {
      const { layer, unit } = current;
      const moves = {
        ArrowUp: [0, -1],
        ArrowDown: [0, 1],
        ArrowLeft: [-1, 0],
        ArrowRight: [1, 0],
      };
      const move = moves[/** @type {keyof typeof moves} */ (event.key)];
      if (!move) return;
      event.preventDefault();
      const nextLayer = Math.min(layers.length - 1, Math.max(0, layer + (move[0] ?? 0)));
      const count = layers[nextLayer]?.length ?? 0;
      const nextUnit = Math.min(count - 1, Math.max(0, unit + (move[1] ?? 0)));
      layers[nextLayer]?.[nextUnit]?.focus();
    },
    { signal },
  );

  return {
    /** @param {Layout} layout */
    place(layout) {
      const { columns } = layout;
      const fresh = columns.map((column, layer) => {
        const buttons = layers[layer] ?? [];
        const isOutput = layer === columns.length - 1;
        while (buttons.length > column.ys.length) buttons.pop()?.remove();
        column.ys.forEach((y, unit) => {
          const button =
            buttons[unit] ?? element.appendChild(create("button", { type: "button", tabindex: -1 }));
          buttons[unit] = button;
          const ofClass = isOutput && column.ys.length > 1;
          button.className = `unit${isOutput ? " unit--output" : ""}${ofClass ? " unit--class" : ""}`;
          button.dataset.layer = String(layer);
          button.dataset.unit = String(unit);
          button.toggleAttribute("data-compact", column.compact);
          setAttribute(button, "aria-label", labelOf(isOutput, column.ys.length, layer, unit));
          button.replaceChildren();
          if (ofClass)
            button.append(create("span", { class: "unit__name" }, phrase("diagram.class", { label: unit })));
          button.style.setProperty("--x", `${(column.x - column.size / 2).toFixed(1)}px`);
          button.style.setProperty("--y", `${(y - column.size / 2).toFixed(1)}px`);
          button.style.setProperty("--size", `${column.size}px`);
        });
        return buttons;
      });
      for (const buttons of layers.slice(fresh.length)) for (const button of buttons) button.remove();
      layers = fresh;
      setCurrent(layers[current.layer]?.[current.unit] ? current : { layer: 0, unit: 0 });
    },
    /** @param {Unit | null} pinned null is the whole output */
    mark(pinned) {
      layers.forEach((buttons, layer) => {
        const isSingle = layer === layers.length - 1 && buttons.length === 1;
        buttons.forEach((button, unit) => {
          const pressed = pinned ? layer === pinned.layer && unit === pinned.unit : isSingle;
          setAttribute(button, "aria-pressed", String(pressed));
        });
      });
    },
    destroy: () => scope.abort(),
  };
}
