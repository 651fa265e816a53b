/** Colours as numbers: mixing, scales, and lookup tables for pictures made of bytes. */

/** @typedef {[red: number, green: number, blue: number]} Rgb each 0 … 255 */

/**
 * The colours that CSS custom properties stand for under the present theme.
 * @param {Element} element whose style counts
 * @param {string[]} names such as `--positive`
 * @returns {string[]} CSS colours
 */
export function resolveColors(element, names) {
  const probe = document.createElement("span");
  probe.hidden = true;
  element.append(probe);
  const colors = names.map((name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  });
  probe.remove();
  return colors;
}

/**
 * The same as numbers, whatever colour syntax the properties use.
 * @param {Element} element whose style counts
 * @param {string[]} names such as `--positive`
 * @returns {Rgb[]}
 */
export function readColors(element, names) {
  const canvas = document.createElement("canvas");
  canvas.width = names.length;
  canvas.height = 1;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("This browser offers no canvas");
  resolveColors(element, names).forEach((color, index) => {
    context.fillStyle = color;
    context.fillRect(index, 0, 1, 1);
  });
  const { data } = context.getImageData(0, 0, names.length, 1);
  return names.map((_, index) => /** @type {Rgb} */ ([...data.slice(4 * index, 4 * index + 3)]));
}

/**
 * Mixes two colours linearly.
 * @param {Rgb} from
 * @param {Rgb} to
 * @param {number} share 0 … 1
 * @returns {Rgb}
 */
export function mix(from, to, share) {
  return [
    from[0] + (to[0] - from[0]) * share,
    from[1] + (to[1] - from[1]) * share,
    from[2] + (to[2] - from[2]) * share,
  ];
}

/**
 * A colour for −1 … 1 between three given ones.
 * @param {Rgb} negative at −1
 * @param {Rgb} zero at 0
 * @param {Rgb} positive at 1
 * @param {number} value
 * @returns {Rgb}
 */
export function diverging(negative, zero, positive, value) {
  const share = Math.min(1, Math.abs(value));
  return mix(zero, value < 0 ? negative : positive, share);
}

/**
 * @param {Rgb} color
 * @returns {string}
 */
export function toCss([red, green, blue]) {
  return `rgb(${Math.round(red)} ${Math.round(green)} ${Math.round(blue)})`;
}

/**
 * One opaque pixel of an `ImageData`, seen as a little-endian 32-bit number.
 * @param {Rgb} color
 * @returns {number}
 */
export function toPixel([red, green, blue]) {
  return ((255 << 24) | (Math.round(blue) << 16) | (Math.round(green) << 8) | Math.round(red)) >>> 0;
}

/**
 * A pixel for each of the 256 bytes, read as signed numbers −127 … 127 for −1 … 1.
 * @param {(value: number) => Rgb} colorOf
 * @returns {Uint32Array} indexed by the unsigned byte
 */
export function buildPalette(colorOf) {
  const palette = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    const signed = byte < 128 ? byte : byte - 256;
    palette[byte] = toPixel(colorOf(Math.max(-1, signed / 127)));
  }
  return palette;
}

/**
 * `count` CSS colours in equal steps from −1 to 1.
 * @param {(value: number) => Rgb} colorOf
 * @param {number} count odd, so that zero is one of them
 * @returns {string[]}
 */
export function buildScale(colorOf, count) {
  return Array.from({ length: count }, (_, index) => toCss(colorOf((2 * index) / (count - 1) - 1)));
}

/**
 * The index of the step that a value belongs to, of `count` equal steps from −1 to 1; values beyond are clamped.
 * @param {number} value
 * @param {number} count
 * @returns {number}
 */
export function scaleIndex(value, count) {
  const clamped = Math.min(1, Math.max(-1, value));
  return Math.round(((clamped + 1) / 2) * (count - 1)) || 0;
}
