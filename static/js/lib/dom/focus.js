/** Keeps the focus on an element while its surroundings are updated. */

/**
 * An update that may disable controls for a while: the one that had the focus gets it back with its use.
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
