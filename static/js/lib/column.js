/**
 * A growing column of numbers that answers "smallest and largest between here and there" quickly,
 * however long it is: beside the values it keeps the extremes of blocks of 16, 256, 4,096 …
 */

const FAN_BITS = 4;
const FAN = 1 << FAN_BITS;

/**
 * @typedef {object} Level
 * @property {Float64Array} low
 * @property {Float64Array} high
 */

/**
 * @param {Float64Array} values
 * @param {number} needed
 * @returns {Float64Array}
 */
function grown(values, needed) {
  if (needed <= values.length) return values;
  const larger = new Float64Array(Math.max(needed, values.length * 2));
  larger.set(values);
  return larger;
}

/** @typedef {ReturnType<typeof createColumn>} Column */

/** A new, empty column. Values that are no numbers are kept, but count for no extreme. */
export function createColumn() {
  let length = 0;
  /** @type {Float64Array} */
  let values = new Float64Array(1024);
  /** @type {Level[]} level k holds the extremes of blocks of 16^(k + 1) values */
  let levels = [];

  /** @param {number} value */
  function push(value) {
    const index = length;
    length += 1;
    values = grown(values, length);
    values[index] = value;
    for (let depth = 0; ; depth++) {
      const block = index >>> (FAN_BITS * (depth + 1));
      let level = levels[depth];
      if (!level) {
        if (index > 0 && block === 0) break;
        level = { low: new Float64Array(64), high: new Float64Array(64) };
        seed(level, depth);
        levels.push(level);
      }
      include(level, block, index % (1 << (FAN_BITS * (depth + 1))) === 0, value);
      if (block === 0) break;
    }
  }

  /**
   * A level is opened by the first value of its second block; its first block is the whole level below.
   * @param {Level} level
   * @param {number} depth
   */
  function seed(level, depth) {
    const below = levels[depth - 1];
    level.low[0] = Number.POSITIVE_INFINITY;
    level.high[0] = Number.NEGATIVE_INFINITY;
    if (!below) return;
    for (let index = 0; index < FAN; index++) {
      level.low[0] = Math.min(level.low[0], below.low[index] ?? Number.POSITIVE_INFINITY);
      level.high[0] = Math.max(level.high[0], below.high[index] ?? Number.NEGATIVE_INFINITY);
    }
  }

  /**
   * @param {Level} level
   * @param {number} block
   * @param {boolean} first
   * @param {number} value
   */
  function include(level, block, first, value) {
    level.low = grown(level.low, block + 1);
    level.high = grown(level.high, block + 1);
    if (first) {
      level.low[block] = Number.POSITIVE_INFINITY;
      level.high[block] = Number.NEGATIVE_INFINITY;
    }
    if (value < /** @type {number} */ (level.low[block])) level.low[block] = value;
    if (value > /** @type {number} */ (level.high[block])) level.high[block] = value;
  }

  function clear() {
    length = 0;
    values = new Float64Array(1024);
    levels = [];
  }

  return {
    push,
    clear,
    /**
     * Forgets the values from an index on.
     * @param {number} end
     */
    truncate(end) {
      if (end >= length) return;
      const kept = values.slice(0, end);
      clear();
      for (const value of kept) push(value);
    },
    get length() {
      return length;
    },
    /** @param {number} index */
    at(index) {
      return index >= 0 && index < length ? /** @type {number} */ (values[index]) : Number.NaN;
    },
    /**
     * Smallest and largest of [from, to), as `[∞, −∞]` when there is none.
     * @param {number} from
     * @param {number} to
     * @param {[low: number, high: number]} [extremes] reused for the answer
     * @returns {[low: number, high: number]}
     */
    extremes(from, to, extremes = [0, 0]) {
      let low = Number.POSITIVE_INFINITY;
      let high = Number.NEGATIVE_INFINITY;
      let index = Math.max(0, from);
      const end = Math.min(length, to);
      while (index < end) {
        let depth = -1;
        let size = 1;
        while (depth + 1 < levels.length && index % (size * FAN) === 0 && index + size * FAN <= end) {
          depth += 1;
          size *= FAN;
        }
        const level = levels[depth];
        const block = index / size;
        const smallest = /** @type {number} */ (level ? level.low[block] : values[index]);
        const largest = /** @type {number} */ (level ? level.high[block] : values[index]);
        if (smallest < low) low = smallest;
        if (largest > high) high = largest;
        index += size;
      }
      extremes[0] = low;
      extremes[1] = high;
      return extremes;
    },
  };
}
