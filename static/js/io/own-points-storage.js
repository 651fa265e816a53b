/** Stores own points in the browser, as they fit into no address. */

/**
 * @import { Catalog } from "../types/app.js"
 * @import { OwnPoints } from "./build-experiment.js"
 */

import { asOwnPoints } from "./experiment-files.js";

const KEY = "own-points";
/** Those of this tab count first, then the last ones of any. */
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
          // Storage may be forbidden, or hold something else; then there are no points.
        }
      }
      return null;
    },
    /**
     * @param {OwnPoints} own
     * @returns {boolean} whether they are kept
     */
    write(own) {
      let kept = false;
      for (const place of PLACES) {
        try {
          open(place).setItem(KEY, JSON.stringify(own));
          kept = true;
        } catch {
          // Storage may be forbidden or full; then the points last as long as the page.
        }
      }
      return kept;
    },
  };
}
