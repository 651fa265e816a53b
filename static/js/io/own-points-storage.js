/** Stores own points in the browser, as they do not fit into an address. */

/**
 * @import { Targets } from "../own-data/point-set.js"
 */

import { readTargets } from "../own-data/point-set.js";

const KEY = "own-points";
/** Storages in the order of reading: that of this tab, then the common one. */
const PLACES = /** @type {const} */ (["sessionStorage", "localStorage"]);

/**
 * @param {(place: typeof PLACES[number]) => Storage} open may throw where storage is forbidden
 */
export function createPointStore(open) {
  return {
    /** @returns {Targets | null} */
    read() {
      for (const place of PLACES) {
        try {
          const own = readTargets(JSON.parse(open(place).getItem(KEY) ?? "null"));
          if (own) return own;
        } catch {
          // Storage may be forbidden or have other content; then there are no points.
        }
      }
      return null;
    },
    /**
     * @param {Targets} own
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
