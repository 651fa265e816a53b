/** The features: a checkbox each, with a tile that shows its function on the plane. */

import { createPixels } from "../../lib/dom/canvas.js";
import { find, findAll } from "../../lib/dom/dom.js";

/** @import { FeatureChoice, Palettes, View } from "../../types/app.js" */

const TILE = 20;

/**
 * @typedef {object} FeaturesOptions
 * @property {FeatureChoice[]} features
 * @property {(key: string, on: boolean) => void} onToggle
 * @property {(key: string | null) => void} onPreview
 */

/**
 * @param {HTMLElement} element
 * @param {FeaturesOptions} options
 * @returns {View<{ active: string[], enabled: boolean }> & { paint: (palettes: Palettes) => void, tiles: (active: string[]) => HTMLElement[] }}
 */
export function createFeatures(element, { features, onToggle, onPreview }) {
  const scope = new AbortController();
  const { signal } = scope;
  const entries = findAll(element, ".feature", HTMLElement).map((label) => {
    const box = find(label, "input", HTMLInputElement);
    const canvas = find(label, "canvas", HTMLCanvasElement);
    const key = box.value;
    box.addEventListener("change", () => onToggle(key, box.checked), { signal });
    box.addEventListener("focus", () => onPreview(key), { signal });
    box.addEventListener("blur", () => onPreview(null), { signal });
    label.addEventListener("pointerenter", () => onPreview(key), { signal });
    label.addEventListener("pointerleave", () => onPreview(null), { signal });
    const feature = features.find((choice) => choice.key === key);
    return { label, box, canvas, feature, pixels: createPixels(canvas) };
  });

  return {
    update({ active, enabled }) {
      for (const { box } of entries) {
        box.checked = active.includes(box.value);
        box.disabled = !enabled;
      }
    },
    paint({ smooth }) {
      for (const { feature, pixels } of entries) if (feature) pixels.paint(feature.tile, TILE, smooth);
    },
    /** The tiles of the active features, where links begin. */
    tiles(active) {
      return entries.filter(({ box }) => active.includes(box.value)).map(({ canvas }) => canvas);
    },
    destroy: () => scope.abort(),
  };
}
