/**
 * The row of presets ("first steps"): cards with pictures. Once dismissed it stays hidden until asked for;
 * `theme-boot.js` hides it before the first paint.
 */

import { context2d, sizeCanvas } from "../../lib/dom/canvas.js";
import { create, find } from "../../lib/dom/dom.js";
import { paintDots } from "../../lib/draw/paint-points.js";
import { phrase } from "../../lib/text/i18n.js";
import { thumbnailSet } from "../../own-data/point-set.js";

/** @import { DatasetChoice, Palettes, View } from "../../types/app.js" */

/** Size of a picture and of a point in it, in CSS pixels. */
const SIDE = 44;
const POINT = 2.2;

/**
 * @typedef {object} PresetCard
 * @property {string} key
 * @property {string} title
 * @property {string} text
 * @property {DatasetChoice | undefined} dataset whose points are in the picture
 * @property {readonly (readonly (readonly [number, number])[])[]} lines
 */

/**
 * @param {HTMLElement} element
 * @param {{ presets: PresetCard[], region: readonly [number, number], onChoose: (key: string) => void }} options
 * @returns {View<{ enabled: boolean }> & { open: () => void, paint: (palettes: Palettes) => void }}
 */
export function createPresets(element, { presets, region: [low, high], onChoose }) {
  const scope = new AbortController();
  const { signal } = scope;
  const root = document.documentElement;
  const list = find(element, ".starts__list", HTMLElement);
  const text = find(element, ".starts__text", HTMLElement);
  const close = find(element, ".starts__close", HTMLButtonElement);
  const cards = presets.map((preset) => {
    const canvas = create("canvas", { class: "starts__picture", "aria-hidden": "true" });
    const name = create("span", { class: "starts__title" }, preset.title);
    const button = create("button", { class: "starts__card", type: "button", "aria-pressed": "false" });
    button.dataset.start = preset.key;
    button.append(canvas, name);
    button.addEventListener("click", () => choose(preset), { signal });
    return { preset, canvas, button };
  });
  list.replaceChildren(...cards.map(({ button }) => create("li", {}, button)));
  close.addEventListener("click", () => show(false), { signal });

  /** @param {PresetCard} preset */
  function choose({ key, title, text: words }) {
    for (const card of cards) card.button.setAttribute("aria-pressed", String(card.preset.key === key));
    text.replaceChildren(create("strong", {}, phrase("starts-title", { title })), ` ${words}`);
    onChoose(key);
  }

  /** @param {boolean} shown */
  function show(shown) {
    root.toggleAttribute("data-without-first-steps", !shown);
    try {
      if (shown) localStorage.removeItem("first-steps");
      else localStorage.setItem("first-steps", "dismissed");
    } catch {
      // Storage may be forbidden; then the row is shown again at the next visit.
    }
  }

  return {
    update({ enabled }) {
      for (const { button } of cards) button.disabled = !enabled;
    },
    paint(palettes) {
      const ink = getComputedStyle(element).color;
      const place = (/** @type {number} */ value) => ((value - low) / (high - low)) * SIDE;
      for (const { preset, canvas } of cards) {
        sizeCanvas(canvas, SIDE, SIDE);
        const context = context2d(canvas);
        const set = thumbnailSet(preset.dataset?.points ?? [], preset.dataset?.classes ?? 0);
        paintDots(context, set, { low, high, side: SIDE }, { colors: palettes, size: POINT });
        context.strokeStyle = ink;
        context.lineWidth = 1.8;
        context.lineJoin = "round";
        for (const line of preset.lines) {
          context.beginPath();
          for (const [x1, x2] of line) context.lineTo(place(x1), SIDE - place(x2));
          context.stroke();
        }
      }
    },
    /** Shows them again, from wherever the page is. */
    open() {
      show(true);
      element.scrollIntoView({ block: "nearest" });
      cards[0]?.button.focus();
    },
    destroy() {
      scope.abort();
      list.replaceChildren();
    },
  };
}
