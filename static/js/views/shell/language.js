/** The choice of a language: remembered, and followed to the page in that language, which shows the same experiment. */

/** @import { View } from "../../types/app.js" */

/** Where the choice is kept, and what it is called in an address. */
const NAME = "language";

/**
 * @param {HTMLSelectElement[]} selects which all choose the same
 * @param {{ page: Pick<Window, "location"> }} options
 * @returns {View<void>}
 */
export function createLanguageChoice(selects, { page }) {
  const scope = new AbortController();

  /** @param {string} key */
  function choose(key) {
    try {
      localStorage.setItem(NAME, key);
    } catch {
      // Storage may be forbidden; then the choice lasts as long as the address.
    }
    const address = new URL(page.location.href);
    address.searchParams.set(NAME, key);
    page.location.assign(address);
  }

  for (const select of selects)
    select.addEventListener("change", () => choose(select.value), { signal: scope.signal });
  return { update() {}, destroy: () => scope.abort() };
}
