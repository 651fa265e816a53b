/** Seeded random numbers. */

/**
 * @param {number} seed
 * @returns {() => number} 0 … 1, by the generator Mulberry32
 */
export function createRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Draws `wanted` of the numbers 0 … count − 1 at random, in ascending order.
 * @param {number} count
 * @param {number} wanted
 * @param {() => number} random
 * @returns {number[]}
 */
export function sampleIndexes(count, wanted, random) {
  const chosen = [];
  for (let index = 0; index < count && chosen.length < wanted; index++) {
    if (random() * (count - index) < wanted - chosen.length) chosen.push(index);
  }
  return chosen;
}
