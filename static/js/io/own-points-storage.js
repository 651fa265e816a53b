/** Stores own points in the browser, as they do not fit into an address. */

/**
 * @import { Catalog } from "../types/app.js"
 * @import { OwnPoints } from "./build-experiment.js"
 */

import { asOwnPoints } from "./experiment-files.js";

const KEY = "own-points";
/** Storages in the order of reading: that of this tab, then the common one. */
const PLACES = /** @type {const} */ (["sessionStorage", "localStorage"]);

/**
 * @param {Catalog} catalog
 * @param {(place: typeof PLACES[number]) => Storage} open may throw where storage is forbidden
 */
export function createPointStore(catalog, open) {
  return {
    /** @returns {OwnPoints | null} */
    read() {
      for (const place of PLACES) {
        try {
          const own = asOwnPoints(catalog, JSON.parse(open(place).getItem(KEY) ?? "null"));
          if (own) return own;
        } catch {
          // Storage may be forbidden or have other content; then there are no points.
        }
      }
      return null;
    },
    /**
     * @param {OwnPoints} own
     * @returns {boolean} whether they were stored
     */
    write(own) {
      let stored = false;
      for (const place of PLACES) {
        try {
          open(place).setItem(KEY, JSON.stringify(own));
          stored = true;
        } catch {
          // Storage may be forbidden or full; then the points last as long as the page.
        }
      }
      return stored;
    },
  };
}
