/** Square grids of bytes, refined by interpolation. */

/**
 * Refines a grid by bilinear interpolation; the bytes are signed numbers in two's complement.
 * @param {ArrayLike<number>} bytes row by row
 * @param {number} side
 * @param {number} finer cells along a side of the result, each seen at its centre
 * @returns {Uint8Array}
 */
export function refineValues(bytes, side, finer) {
  const refined = new Uint8Array(finer * finer);
  const signed = (/** @type {number} */ index) => /** @type {number} */ ((bytes[index] & 255) << 24) >> 24;
  const places = placesOf(side, finer);
  places.forEach(([top, down], row) => {
    places.forEach(([left, right], column) => {
      const at = top * side + left;
      const beside = left + 1 < side ? 1 : 0;
      const below = top + 1 < side ? side : 0;
      const upper = signed(at) * (1 - right) + signed(at + beside) * right;
      const lower = signed(at + below) * (1 - right) + signed(at + below + beside) * right;
      refined[row * finer + column] = Math.round(upper * (1 - down) + lower * down) & 255;
    });
  });
  return refined;
}

/**
 * Refines a grid by the nearest cell, for values that cannot be interpolated.
 * @param {ArrayLike<number>} bytes row by row
 * @param {number} side
 * @param {number} finer
 * @returns {Uint8Array}
 */
export function refineCells(bytes, side, finer) {
  const refined = new Uint8Array(finer * finer);
  const nearest = placesOf(side, finer).map(([cell, part]) => Math.min(side - 1, cell + Math.round(part)));
  nearest.forEach((row, down) => {
    nearest.forEach((column, across) => {
      refined[down * finer + across] = /** @type {number} */ (bytes[row * side + column]);
    });
  });
  return refined;
}

/**
 * For every finer cell, the coarse cell before its centre and the fraction of the distance to the next one.
 * @param {number} side
 * @param {number} finer
 * @returns {[cell: number, part: number][]}
 */
function placesOf(side, finer) {
  return Array.from({ length: finer }, (_, index) => {
    const at = ((index + 0.5) / finer) * (side - 1);
    const cell = Math.floor(at);
    return [cell, at - cell];
  });
}
