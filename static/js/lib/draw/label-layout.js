/** Moves labels apart that would overlap. */

import { clamp } from "./scale.js";

/**
 * The positions nearest to the wanted ones, in the same order, that are at least `distance` apart and between `low` and `high`.
 * @param {number[]} wanted
 * @param {number} distance
 * @param {number} low
 * @param {number} high
 * @returns {number[]} one for each wanted position
 */
export function spread(wanted, distance, low, high) {
  const order = wanted.map((_, index) => index).sort((one, other) => at(one) - at(other));
  /** @param {number} index */
  function at(index) {
    return /** @type {number} */ (wanted[index]);
  }

  // Isotonic regression of the positions less the distances: neighbours out of order get their mean.
  /** @type {{ sum: number, count: number }[]} */
  const groups = [];
  order.forEach((index, rank) => {
    let group = { sum: at(index) - rank * distance, count: 1 };
    for (
      let last = groups.at(-1);
      last && last.sum / last.count > group.sum / group.count;
      last = groups.at(-1)
    ) {
      groups.pop();
      group = { sum: group.sum + last.sum, count: group.count + last.count };
    }
    groups.push(group);
  });

  const top = Math.max(low, high - (wanted.length - 1) * distance);
  const places = groups.flatMap(({ sum, count }) => Array(count).fill(clamp(sum / count, low, top)));
  /** @type {number[]} */
  const result = [];
  order.forEach((index, rank) => {
    result[index] = places[rank] + rank * distance;
  });
  return result;
}
