/**
 * A growing column of numbers that finds the smallest and largest of any range in few steps: beside the values it stores
 * the extremes of blocks of 16, 256, 4,096 … values. Its memory is bounded: a very long column stores the values near both
 * ends, and of those between only the extremes of every 4,096.
 */

const FAN_BITS = 4;
/** How many blocks of one level make a block of the next. */
export const FAN = 1 << FAN_BITS;
/** Levels within a chunk, the values included; a chunk is one block of the level above them. */
const CHUNK_LEVELS = 3;
const CHUNK_BITS = CHUNK_LEVELS * FAN_BITS;
const CHUNK = 1 << CHUNK_BITS;
/** Level of the largest blocks, of 16^7 values. */
const TOP_LEVEL = 7;
const TOP_BITS = TOP_LEVEL * FAN_BITS;
/** How many chunks store their values, two million in all, and how many of them are the first ones. */
const MOST_CHUNKS = 512;
const FIRST_CHUNKS = 64;

/** @typedef {{ low: number[], high: number[] }} Level the extremes of blocks; ±∞ or NaN where a block has no number */

/** @typedef {ReturnType<typeof createColumn>} Column */

/** @returns {Level[]} of blocks of 1, 16 and 256 values */
function createChunk() {
  const values = Array(CHUNK).fill(Number.NaN);
  const blocks = [CHUNK / FAN, CHUNK / FAN ** 2].map((length) => ({
    low: Array(length).fill(Number.POSITIVE_INFINITY),
    high: Array(length).fill(Number.NEGATIVE_INFINITY),
  }));
  return [{ low: values, high: values }, ...blocks];
}

/** @returns {Level[]} those above the chunks, from the one with a block per chunk on */
function createUpperLevels() {
  return Array.from({ length: TOP_LEVEL + 1 - CHUNK_LEVELS }, () => ({ low: [], high: [] }));
}

/**
 * A new, empty column. NaN is stored, but is no extreme.
 * @param {{ most?: number, first?: number }} [chunks] how many chunks keep their values, and how many of the first ones
 */
export function createColumn({ most = MOST_CHUNKS, first = FIRST_CHUNKS } = {}) {
  let length = 0;
  /** @type {(Level[] | null)[]} null where only the extremes are left */
  let chunks = [];
  let upper = createUpperLevels();

  /** @param {number} value */
  function push(value) {
    const index = length;
    length += 1;
    const number = index >>> CHUNK_BITS;
    const place = index & (CHUNK - 1);
    if (place === 0) {
      chunks.push(createChunk());
      // The oldest that is not among the first ones.
      if (number >= most) chunks[number - most + first] = null;
      extend(upper, number);
    }
    if (Number.isNaN(value)) return;
    include(/** @type {Level[]} */ (chunks[number]), place, value, value);
    include(upper, number, value, value);
  }

  function clear() {
    length = 0;
    chunks = [];
    upper = createUpperLevels();
  }

  /** @param {number} end */
  function truncate(end) {
    if (end >= length) return;
    const whole = end >>> CHUNK_BITS;
    const part = end & (CHUNK - 1);
    const rest = chunks[whole]?.[0]?.low.slice(0, part) ?? Array(part).fill(Number.NaN);
    const remaining = chunks.slice(0, whole);
    const [{ low, high } = { low: [], high: [] }] = upper;
    clear();
    chunks = remaining;
    length = whole * CHUNK;
    for (let number = 0; number < whole; number++) {
      extend(upper, number);
      include(upper, number, /** @type {number} */ (low[number]), /** @type {number} */ (high[number]));
    }
    for (const value of rest) push(value);
  }

  return {
    push,
    clear,
    /**
     * Removes the values from an index on.
     * @param {number} end
     */
    truncate,
    get length() {
      return length;
    },
    /**
     * The value at an index; NaN where there is none, or it is no longer stored.
     * @param {number} index
     */
    at(index) {
      if (!(index >= 0 && index < length)) return Number.NaN;
      return chunks[index >>> CHUNK_BITS]?.[0]?.low[index & (CHUNK - 1)] ?? Number.NaN;
    },
    /**
     * Smallest and largest of [from, to), as `[∞, −∞]` when there is none. Where values are no longer stored, the range
     * is widened to whole chunks.
     * @param {number} from
     * @param {number} to
     * @param {[low: number, high: number]} [extremes] reused for the answer
     * @returns {[low: number, high: number]}
     */
    extremes(from, to, extremes = [0, 0]) {
      let low = Number.POSITIVE_INFINITY;
      let high = Number.NEGATIVE_INFINITY;
      const end = Math.min(length, to);
      for (let index = Math.max(0, from); index < end; ) {
        const chunk = chunks[index >>> CHUNK_BITS];
        // The largest block that begins here and ends before the end of the range.
        let bits = chunk ? 0 : CHUNK_BITS;
        while (bits < TOP_BITS && (index & ((FAN << bits) - 1)) === 0 && index + (FAN << bits) <= end)
          bits += FAN_BITS;
        const block = index >>> bits;
        const depth = bits / FAN_BITS;
        const isInChunk = chunk && bits < CHUNK_BITS;
        const level = /** @type {Level} */ (isInChunk ? chunk[depth] : upper[depth - CHUNK_LEVELS]);
        const place = isInChunk ? block & ((CHUNK >>> bits) - 1) : block;
        const least = /** @type {number} */ (level.low[place]);
        const most = /** @type {number} */ (level.high[place]);
        if (least < low) low = least;
        if (most > high) high = most;
        index = (block + 1) * (1 << bits);
      }
      extremes[0] = low;
      extremes[1] = high;
      return extremes;
    },
  };
}

/**
 * Opens the blocks of the levels above that begin with a chunk.
 * @param {Level[]} upper
 * @param {number} number of the chunk
 */
function extend(upper, number) {
  for (const [depth, { low, high }] of upper.entries()) {
    if (number % FAN ** depth !== 0) return;
    low.push(Number.POSITIVE_INFINITY);
    high.push(Number.NEGATIVE_INFINITY);
  }
}

/**
 * Widens one block of each level by extremes; a block that has them already is part of blocks that have them too.
 * @param {Level[]} levels each with blocks of 16 blocks of the level before
 * @param {number} place of the block in the first level
 * @param {number} least
 * @param {number} most
 */
function include(levels, place, least, most) {
  for (let depth = 0, block = place; depth < levels.length; depth++, block >>>= FAN_BITS) {
    const { low, high } = /** @type {Level} */ (levels[depth]);
    const isLow = !(least >= /** @type {number} */ (low[block]));
    const isHigh = !(most <= /** @type {number} */ (high[block]));
    if (isLow) low[block] = least;
    if (isHigh) high[block] = most;
    if (!isLow && !isHigh) return;
  }
}
