/** The dataset thumbnails: radio buttons with a picture of the points. */

import { context2d, sizeCanvas } from "../../lib/dom/canvas.js";
import { find, findAll, setText } from "../../lib/dom/dom.js";
import { paintDots } from "../../lib/draw/paint-points.js";
import { phrase } from "../../lib/text/i18n.js";
import { thumbnailSet } from "../../own-data/point-set.js";

/** @import { DatasetChoice, Palettes, View } from "../../types/app.js" */

/** Side of a thumbnail, and of a point in it, in CSS pixels. */
const SIDE = 64;
const POINT = 2.6;

/**
 * @typedef {object} DatasetsProps
 * @property {string} problem whose datasets are shown
 * @property {string} chosen
 * @property {boolean} enabled
 */

/**
 * @param {HTMLElement} element
 * @param {{ datasets: DatasetChoice[], region: readonly [number, number], onChoose: (key: string) => void }} options
 * @returns {View<DatasetsProps> & { paint: (palettes: Palettes) => void }}
 */
export function createDatasets(element, { datasets, region: [low, high], onChoose }) {
  const scope = new AbortController();
  const name = find(element, ".datasets__name", HTMLElement);
  const entries = findAll(element, ".dataset[data-problem]", HTMLElement).map((label) => {
    const radio = find(label, "input", HTMLInputElement);
    const canvas = find(label, "canvas", HTMLCanvasElement);
    radio.addEventListener("change", () => onChoose(radio.value), { signal: scope.signal });
    return { label, radio, canvas, dataset: datasets.find(({ key }) => key === radio.value) };
  });

  return {
    update({ problem, chosen, enabled }) {
      for (const { label, radio } of entries) {
        label.hidden = label.dataset.problem !== problem;
        radio.checked = radio.value === chosen;
        radio.disabled = !enabled;
      }
      setText(name, datasets.find(({ key }) => key === chosen)?.label ?? phrase("own.title"));
    },
    paint(palettes) {
      for (const { canvas, dataset } of entries) {
        sizeCanvas(canvas, SIDE, SIDE);
        const set = thumbnailSet(dataset?.points ?? [], dataset?.classes ?? 0);
        paintDots(context2d(canvas), set, { low, high, side: SIDE }, { colors: palettes, size: POINT });
      }
    },
    destroy: () => scope.abort(),
  };
}
