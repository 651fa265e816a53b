/** Keeps the focus on an element while its surroundings are updated. */

/**
 * Wraps an update that may disable controls for a while: a control that loses the focus by it gets the focus back once it is enabled.
 * @param {() => void} update
 * @returns {() => void}
 */
export function keepFocus(update) {
  /** @type {HTMLElement | null} */
  let lost = null;
  return () => {
    const before = document.activeElement;
    update();
    if (before instanceof HTMLElement && before.matches(":disabled")) lost = before;
    if (lost === null || lost.matches(":disabled")) return;
    if (document.activeElement === document.body || document.activeElement === lost) lost.focus();
    lost = null;
  };
}
