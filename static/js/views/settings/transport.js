/** The buttons that run the training, the epoch counter, and the speed. */

import { find, findAll, setAttribute, setText } from "../../lib/dom/dom.js";
import { formatCount, formatFixed } from "../../lib/text/format.js";
import { phrase } from "../../lib/text/i18n.js";

/** @import { Speed, View } from "../../types/app.js" */

/** Shortest time between two updates of the measured speed, in milliseconds. */
const RATE_PAUSE = 400;

/**
 * @typedef {object} TransportAction
 * @property {string} id
 * @property {string} hint label and key, as the tooltip shows them
 * @property {string} shortcuts in the notation of `aria-keyshortcuts`
 */

/**
 * Connects every `[data-action]` button below an element with the action of that id.
 * @param {HTMLElement} root
 * @param {{ actions: TransportAction[], onAction: (id: string) => void }} options
 * @returns {View<{ available: (id: string) => boolean, playing: boolean }>}
 */
export function createActionButtons(root, { actions, onAction }) {
  const scope = new AbortController();
  const buttons = findAll(root, "[data-action]", HTMLButtonElement);
  for (const button of buttons) {
    const action = actions.find(({ id }) => id === button.dataset.action);
    if (!action) throw new Error(`No action ${button.dataset.action}`);
    button.title = action.hint;
    button.setAttribute("aria-keyshortcuts", action.shortcuts);
    button.addEventListener("click", () => onAction(action.id), { signal: scope.signal });
  }
  return {
    update({ available, playing }) {
      for (const button of buttons) {
        const id = button.dataset.action ?? "";
        button.disabled = !available(id);
        if (id === "show-output") button.hidden = button.disabled;
        if (id !== "play") continue;
        button.dataset.playing = String(playing);
        setAttribute(button, "aria-label", phrase(playing ? "transport.pause" : "transport.play"));
      }
    },
    destroy: () => scope.abort(),
  };
}

/**
 * @param {HTMLElement} element
 * @param {{ speeds: Speed[], onSpeed: (epochsPerSecond: number | null) => void }} options
 * @returns {View<{ speed: number | null, enabled: boolean }> & { draw: (numbers: { epoch: number, rate: number }, time: number) => void }}
 */
export function createCounter(element, { speeds, onSpeed }) {
  const scope = new AbortController();
  const epoch = find(element, "#epoch", HTMLElement);
  const rate = find(element, "#epoch-rate", HTMLElement);
  const select = find(element, "#speed", HTMLSelectElement);
  let nextRate = 0;
  let shownEpoch = -1;

  select.addEventListener(
    "change",
    () => {
      const speed = speeds[select.selectedIndex];
      if (speed) onSpeed(speed.epochs_per_second);
    },
    { signal: scope.signal },
  );

  return {
    update({ speed, enabled }) {
      select.disabled = !enabled;
      select.selectedIndex = speeds.findIndex((offer) => offer.epochs_per_second === speed);
    },
    draw(numbers, time) {
      if (numbers.epoch !== shownEpoch) {
        shownEpoch = numbers.epoch;
        setText(epoch, formatCount(numbers.epoch));
        epoch.dataset.value = String(numbers.epoch);
      }
      if (time < nextRate && !Number.isNaN(numbers.rate)) return;
      nextRate = time + RATE_PAUSE;
      const rounded = numbers.rate >= 10 ? formatCount(numbers.rate) : formatFixed(numbers.rate, 1);
      setText(rate, Number.isNaN(numbers.rate) ? "\u2013" : rounded);
    },
    destroy: () => scope.abort(),
  };
}
