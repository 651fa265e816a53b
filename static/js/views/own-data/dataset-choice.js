/** Own points among the data sets: a button that opens the editor, and a thumbnail once there are points. */

import { context2d, sizeCanvas } from "../../lib/dom/canvas.js";
import { find } from "../../lib/dom/dom.js";
import { paintDots } from "../../lib/draw/paint-points.js";
import { phrase } from "../../lib/text/i18n.js";
import { NO_POINTS } from "../../own-data/point-set.js";

/** @import { PointSet } from "../../own-data/point-set.js" */
/** @import { Palettes, View } from "../../types/app.js" */

/** Side of a thumbnail, and of a point in it, in CSS pixels. */
const SIDE = 64;
const POINT = 2.6;

/**
 * @typedef {object} OwnEntryProps
 * @property {PointSet | null} used points used before, which can be chosen again
 * @property {boolean} chosen whether the experiment has them now
 * @property {boolean} enabled
 */

/**
 * @param {HTMLElement} element
 * @param {{ region: readonly [number, number], onChoose: () => void }} options
 * @returns {View<OwnEntryProps> & { setDraft: (draft: PointSet) => void, paint: (palettes: Palettes) => void }}
 */
export function createOwnEntry(element, { region: [low, high], onChoose }) {
  const scope = new AbortController();
  const choice = find(element, ".own-entry__choice", HTMLElement);
  const radio = find(choice, "input", HTMLInputElement);
  const picture = find(choice, "canvas", HTMLCanvasElement);
  const sketch = find(element, ".own-entry__draft", HTMLCanvasElement);
  const text = find(element, ".own-entry__text", HTMLElement);
  /** @type {PointSet | null} */
  let used = null;
  let draft = NO_POINTS;
  /** @type {Palettes | null} */
  let palettes = null;
  radio.addEventListener("change", onChoose, { signal: scope.signal });

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {PointSet} set
   */
  function paint(canvas, set) {
    sizeCanvas(canvas, SIDE, SIDE);
    if (palettes)
      paintDots(context2d(canvas), set, { low, high, side: SIDE }, { colors: palettes, size: POINT });
  }

  function paintAll() {
    if (used) paint(picture, used);
    sketch.hidden = draft.points.length === 0;
    if (!sketch.hidden) paint(sketch, draft);
  }

  return {
    update(props) {
      choice.hidden = props.used === null;
      element.toggleAttribute("data-used", props.used !== null);
      text.textContent = phrase(props.used === null ? "own.title" : "own.edit");
      radio.checked = props.chosen;
      radio.disabled = !props.enabled;
      if (props.used === used) return;
      used = props.used;
      paintAll();
    },
    setDraft(next) {
      draft = next;
      paintAll();
    },
    paint(next) {
      palettes = next;
      paintAll();
    },
    destroy: () => scope.abort(),
  };
}
