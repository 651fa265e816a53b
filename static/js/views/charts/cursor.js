/** The cursor of the loss chart: a range input over the curves, moved by pointer and keys, which holds the epoch that is read. */

import { setAttribute } from "../../lib/dom/dom.js";
import { clamp, niceStep } from "../../lib/draw/scale.js";

/** The keys that move the cursor, and their number of steps across the chart: with Page Up and Down, and with Shift. */
const FORWARD = ["ArrowRight", "ArrowUp", "PageUp"];
const BACK = ["ArrowLeft", "ArrowDown", "PageDown"];
const FEW_STEPS = 10;
const MANY_STEPS = 100;

/**
 * @typedef {object} CursorOptions
 * @property {(clientX: number) => number} epochAt the epoch below the pointer, with fractions
 * @property {() => number} lastEpoch the last one with a loss; −1 where there is none
 * @property {() => void} onMove
 */

/**
 * @param {HTMLInputElement} element
 * @param {CursorOptions} options
 */
export function createCursor(element, { epochAt, lastEpoch, onMove }) {
  const scope = new AbortController();
  const { signal } = scope;
  /** @type {number | null} */
  let epoch = null;

  function fit() {
    setAttribute(element, "max", String(Math.max(0, lastEpoch())));
  }

  /** @param {number} wanted the nearest epoch that exists is read */
  function read(wanted) {
    const last = lastEpoch();
    if (last < 0) return;
    epoch = Math.round(clamp(wanted, 0, last));
    onMove();
  }

  function stop() {
    epoch = null;
    onMove();
  }

  for (const type of /** @type {const} */ (["pointermove", "pointerdown"]))
    element.addEventListener(type, ({ clientX }) => read(epochAt(clientX)), { signal });
  // After a touch the read-out stays until something else is touched.
  element.addEventListener(
    "pointerleave",
    ({ pointerType }) => {
      if (pointerType === "mouse") stop();
    },
    { signal },
  );
  element.addEventListener("blur", stop, { signal });
  element.addEventListener(
    "input",
    () => {
      if (!element.matches(":hover")) read(element.valueAsNumber);
    },
    { signal },
  );
  element.addEventListener(
    "focus",
    () => {
      if (!element.matches(":focus-visible")) return;
      fit();
      read(element.valueAsNumber);
    },
    { signal },
  );

  // Arrow keys move by one epoch; with Shift, or Page Up and Page Down, in larger steps.
  element.addEventListener(
    "keydown",
    (event) => {
      const parts = event.key.startsWith("Page") ? FEW_STEPS : event.shiftKey ? MANY_STEPS : Infinity;
      const sign = FORWARD.includes(event.key) ? 1 : BACK.includes(event.key) ? -1 : 0;
      if (sign === 0 || lastEpoch() < 0) return;
      event.preventDefault();
      const step = Math.max(1, niceStep(lastEpoch(), parts));
      read((epoch ?? element.valueAsNumber) + sign * step);
      element.value = String(epoch);
    },
    { signal },
  );

  return {
    /** The epoch that is read; null while none is. */
    get epoch() {
      return epoch;
    },
    /** Lets the cursor reach every epoch. */
    fit,
    /** @param {string} text what is read at the cursor */
    describe: (text) => setAttribute(element, "aria-valuetext", text),
    destroy: () => scope.abort(),
  };
}
