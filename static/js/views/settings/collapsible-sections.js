/**
 * Collapsible sections: open on wide pages and closed on small ones, until the person changes them.
 * Sections of rare use are closed at first on every page.
 */

import { findAll } from "../../lib/dom/dom.js";

/** @import { View } from "../../types/app.js" */

/**
 * @param {HTMLElement} element
 * @param {{ roomy: string }} options media query for pages with open sections
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
