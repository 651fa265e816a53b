/**
 * Folds are open where there is room and closed on small screens, until somebody decides otherwise.
 * Those of rare use are left alone: closed at first, wherever it is.
 */

import { findAll } from "../../lib/dom/dom.js";

/** @import { View } from "../../types/app.js" */

/**
 * @param {HTMLElement} element
 * @param {{ roomy: string }} options the media query under which folds are open
 * @returns {View<void>}
 */
export function createCollapsibleSections(element, { roomy }) {
  const scope = new AbortController();
  const query = matchMedia(roomy);
  const folds = findAll(element, ".fold:not(.fold--rare)", HTMLDetailsElement);

  function apply() {
    for (const fold of folds) fold.open = query.matches;
  }

  query.addEventListener("change", apply, { signal: scope.signal });
  apply();
  return { update: apply, destroy: () => scope.abort() };
}
