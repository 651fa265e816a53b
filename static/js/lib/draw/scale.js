/** Scales from data to pixels, and the round numbers to mark on them. */

/**
 * @typedef {(value: number) => number} Scale
 */

/**
 * A straight line through (from, start) and (to, end).
 * @param {number} from
 * @param {number} to
 * @param {number} start
 * @param {number} end
 * @returns {Scale}
 */
export function linearScale(from, to, start, end) {
  const slope = to === from ? 0 : (end - start) / (to - from);
  return (value) => start + (value - from) * slope;
}

/**
 * A logarithmic scale: equal ratios become equal distances. Values below `from` are mapped like `from`.
 * @param {number} from above zero
 * @param {number} to
 * @param {number} start
 * @param {number} end
 * @returns {Scale}
 */
export function logScale(from, to, start, end) {
  const line = linearScale(Math.log(from), Math.log(to), start, end);
  return (value) => line(Math.log(Math.max(value, from)));
}

/**
 * The step 1, 2 or 5 times a power of ten that divides the span into about `count` parts.
 * @param {number} span
 * @param {number} count
 * @returns {number}
 */
export function niceStep(span, count) {
  const rough = span / Math.max(1, count);
  if (!(rough > 0) || !Number.isFinite(rough)) return 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const ratio = rough / power;
  if (ratio <= 1) return power;
  if (ratio <= 2) return 2 * power;
  if (ratio <= 5) return 5 * power;
  return 10 * power;
}

/**
 * Round values within [from, to], about `count` of them.
 * @param {number} from
 * @param {number} to
 * @param {number} count
 * @returns {number[]}
 */
export function linearTicks(from, to, count) {
  const step = niceStep(to - from, count);
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  const ticks = [];
  for (let index = Math.ceil(from / step - 1e-9); index * step <= to + step * 1e-9; index++) {
    ticks.push(Number((index * step).toFixed(Math.min(20, digits))));
  }
  return ticks;
}

/**
 * Powers of ten within [from, to], thinned to about `count`; joined by 2 and 5 times them where there are few.
 * @param {number} from above zero
 * @param {number} to
 * @param {number} count
 * @returns {number[]}
 */
export function logTicks(from, to, count) {
  const low = Math.floor(Math.log10(from) + 1e-9);
  const high = Math.ceil(Math.log10(to) - 1e-9);
  const decades = Math.max(1, high - low);
  const every = Math.max(1, Math.ceil(decades / count));
  const factors = decades <= 2 ? [1, 2, 5] : [1];
  const ticks = [];
  for (let power = low; power <= high; power += every) {
    for (const factor of factors) {
      const tick = Number(`${factor}e${power}`);
      if (tick >= from * (1 - 1e-9) && tick <= to * (1 + 1e-9)) ticks.push(tick);
    }
  }
  return ticks;
}

/**
 * The value limited to [low, high].
 * @param {number} value
 * @param {number} low
 * @param {number} high
 * @returns {number}
 */
export function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}
