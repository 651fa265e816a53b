/**
 * A growing column of numbers that answers "smallest and largest between here and there" quickly, however long it is:
 * beside the values it keeps the extremes of blocks of 16, 256, 4,096 … Its memory is bounded: of a very long column the
 * values near both ends are kept, and of those between only the extremes of every 4,096.
 */

const FAN_BITS = 4;
/** Each level's blocks are so many of the level below. */
export const FAN = 1 << FAN_BITS;
/** Values of a chunk: three levels of blocks. */
const CHUNK_BITS = 3 * FAN_BITS;
const CHUNK = 1 << CHUNK_BITS;
/** How many chunks keep their values, two million in all, and how many of them are the first ones. */
const MOST_CHUNKS = 512;
const FIRST_CHUNKS = 64;

/**
 * @typedef {object} Level the extremes of blocks, ±∞ where a block has no number
 * @property {Float64Array} low
 * @property {Float64Array} high
 */

/**
 * @typedef {object} Chunk
 * @property {Float64Array} values
 * @property {Level[]} levels of blocks of 16 and 256
 */

/** @typedef {{ low: number, high: number, size: number }} Block a part of the column, and its extremes */

/**
 * @param {number} length
 * @returns {Level}
 */
function createLevel(length) {
  return {
    low: new Float64Array(length).fill(Number.POSITIVE_INFINITY),
    high: new Float64Array(length).fill(Number.NEGATIVE_INFINITY),
  };
}

/** @returns {Chunk} */
function createChunk() {
  return {
    values: new Float64Array(CHUNK),
    levels: [createLevel(CHUNK / FAN), createLevel(CHUNK / FAN ** 2)],
  };
}

/**
 * @param {Level} level
 * @param {number} block
 * @param {number} low
 * @param {number} high
 */
function include(level, block, low, high) {
  if (low < /** @type {number} */ (level.low[block])) level.low[block] = low;
  if (high > /** @type {number} */ (level.high[block])) level.high[block] = high;
}

/**
 * The same level with room for more blocks.
 * @param {Level} level
 * @param {number} blocks
 * @returns {Level}
 */
function grown(level, blocks) {
  if (blocks <= level.low.length) return level;
  const larger = createLevel(2 * blocks);
  larger.low.set(level.low);
  larger.high.set(level.high);
  return larger;
}

/** @typedef {ReturnType<typeof createColumn>} Column */

/**
 * A new, empty column. Values that are no numbers are kept, but count for no extreme.
 * @param {{ most?: number, first?: number }} [chunks] how many chunks keep their values, and how many of the first ones
 */
export function createColumn({ most = MOST_CHUNKS, first = FIRST_CHUNKS } = {}) {
  let length = 0;
  /** @type {(Chunk | null)[]} null where only the extremes are left */
  let chunks = [];
  /** @type {Level[]} level k holds the extremes of blocks of 16^(k + 3) values */
  let levels = [];
  /** @type {Block} */
  const found = { low: 0, high: 0, size: 0 };

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
    }
    const chunk = /** @type {Chunk} */ (chunks[number]);
    chunk.values[place] = value;
    chunk.levels.forEach((level, depth) => {
      include(level, place >>> (FAN_BITS * (depth + 1)), value, value);
    });
    raise(number, value, value);
  }

  /**
   * Numbers of a chunk count in all levels above it.
   * @param {number} number of the chunk
   * @param {number} low
   * @param {number} high
   */
  function raise(number, low, high) {
    for (let depth = 0, block = number; ; depth++, block >>>= FAN_BITS) {
      const level = grown(levels[depth] ?? opened(depth), block + 1);
      levels[depth] = level;
      include(level, block, low, high);
      if (block === 0) break;
    }
  }

  /**
   * A level is opened by the first value of its second block; its first block is the whole level below.
   * @param {number} depth
   * @returns {Level}
   */
  function opened(depth) {
    const level = createLevel(FAN);
    const below = levels[depth - 1];
    for (let block = 0; below && block < FAN; block++) {
      include(level, 0, /** @type {number} */ (below.low[block]), /** @type {number} */ (below.high[block]));
    }
    return level;
  }

  /**
   * The largest block that begins at an index and ends before another one, with its extremes; where only those are left,
   * the rest of the chunk, with the extremes of all of it.
   * @param {number} index
   * @param {number} end
   * @returns {Block} the same object each time
   */
  function blockAt(index, end) {
    const fits = (/** @type {number} */ size) => index % size === 0 && index + size <= end;
    const number = index >>> CHUNK_BITS;
    const chunk = chunks[number] ?? null;
    let size = CHUNK;
    let depth = 0;
    if (fits(size) || chunk === null) {
      while (depth + 1 < levels.length && fits(size * FAN)) {
        depth += 1;
        size *= FAN;
      }
      const level = levels[depth];
      const block = Math.floor(index / size);
      const rest = fits(size) ? size : CHUNK - (index & (CHUNK - 1));
      return put(
        level?.low[block] ?? Number.POSITIVE_INFINITY,
        level?.high[block] ?? Number.NEGATIVE_INFINITY,
        rest,
      );
    }
    const place = index & (CHUNK - 1);
    for (depth = chunk.levels.length - 1; depth >= 0; depth--) {
      size = FAN ** (depth + 1);
      const level = chunk.levels[depth];
      const block = place / size;
      if (level && fits(size)) return put(level.low[block] ?? 0, level.high[block] ?? 0, size);
    }
    const value = /** @type {number} */ (chunk.values[place]);
    return put(value, value, 1);
  }

  /**
   * @param {number} low
   * @param {number} high
   * @param {number} size
   */
  function put(low, high, size) {
    found.low = low;
    found.high = high;
    found.size = size;
    return found;
  }

  function clear() {
    length = 0;
    chunks = [];
    levels = [];
  }

  /** @param {number} end */
  function truncate(end) {
    if (end >= length) return;
    const whole = end >>> CHUNK_BITS;
    const part = end & (CHUNK - 1);
    const rest = chunks[whole]?.values.slice(0, part) ?? new Float64Array(part).fill(Number.NaN);
    const kept = chunks.slice(0, whole);
    const [{ low, high } = createLevel(0)] = levels;
    clear();
    chunks = kept;
    length = whole * CHUNK;
    for (let number = 0; number < whole; number++) raise(number, low[number] ?? 0, high[number] ?? 0);
    for (const value of rest) push(value);
  }

  return {
    push,
    clear,
    /**
     * Forgets the values from an index on.
     * @param {number} end
     */
    truncate,
    get length() {
      return length;
    },
    /**
     * NaN where there is none, or it is no longer kept.
     * @param {number} index
     */
    at(index) {
      if (!(index >= 0 && index < length)) return Number.NaN;
      return chunks[index >>> CHUNK_BITS]?.values[index & (CHUNK - 1)] ?? Number.NaN;
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
      const end = Math.min(length, to);
      for (let index = Math.max(0, from); index < end; ) {
        const block = blockAt(index, end);
        if (block.low < low) low = block.low;
        if (block.high > high) high = block.high;
        index += block.size;
      }
      extremes[0] = low;
      extremes[1] = high;
      return extremes;
    },
  };
}
