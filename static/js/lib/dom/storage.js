/** Values stored in the browser; where storage is forbidden or full, they last as long as the page. */

/**
 * @param {string} key
 * @returns {unknown} undefined if there is nothing, or nothing that can be read
 */
export function readStored(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "");
  } catch {
    return undefined;
  }
}

/**
 * @param {string} key
 * @param {unknown} value
 * @returns {boolean} whether it was stored
 */
export function writeStored(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}
