/** The choice of a language: stores it, and loads the page in that language with the same experiment. */

/** @import { View } from "../../types/app.js" */

/** Storage key of the choice, and its parameter in the address. */
const NAME = "language";

/**
 * @param {HTMLSelectElement[]} selects which have the same effect
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
