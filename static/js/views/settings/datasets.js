/** The dataset thumbnails: radio buttons with a picture of the points. */

import { context2d, sizeCanvas } from "../../lib/dom/canvas.js";
import { find, findAll, setText } from "../../lib/dom/dom.js";
import { scaleIndex } from "../../lib/draw/color.js";
import { phrase } from "../../lib/text/i18n.js";

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
    paint({ scale, classes }) {
      for (const { canvas, dataset } of entries) {
        sizeCanvas(canvas, SIDE, SIDE);
        const context = context2d(canvas);
        context.clearRect(0, 0, SIDE, SIDE);
        for (const [x1 = 0, x2 = 0, target = 0] of dataset?.points ?? []) {
          const many = dataset && dataset.classes > 2;
          context.fillStyle = (many ? classes[target] : scale[scaleIndex(target, scale.length)]) ?? "";
          const x = ((x1 - low) / (high - low)) * SIDE;
          const y = ((high - x2) / (high - low)) * SIDE;
          context.fillRect(x - POINT / 2, y - POINT / 2, POINT, POINT);
        }
      }
    },
    destroy: () => scope.abort(),
  };
}
