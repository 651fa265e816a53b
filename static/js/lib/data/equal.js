/** Whether plain values have the same content. */

/**
 * @param {unknown} one
 * @param {unknown} other
 * @returns {boolean}
 */
export function isEqual(one, other) {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length) return false;
  const first = /** @type {Record<string, unknown>} */ (one);
  const second = /** @type {Record<string, unknown>} */ (other);
  return keys.every((key) => Object.hasOwn(second, key) && isEqual(first[key], second[key]));
}
