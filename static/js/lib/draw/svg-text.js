/** SVG files as text. */

/** A font stack that every viewer has a font of. */
const FONT =
  "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', Helvetica, Arial, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif";

/**
 * Escapes text for markup.
 * @param {string} text
 * @returns {string}
 */
export function escapeMarkup(text) {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/**
 * One element; children are markup already.
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {...string} children
 * @returns {string}
 */
export function tag(name, attributes, ...children) {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeMarkup(write(value))}"`);
  const start = `<${name}${written.join("")}`;
  return children.length > 0 ? `${start}>${children.join("")}</${name}>` : `${start}/>`;
}

/** @param {string | number} value */
function write(value) {
  return typeof value === "number" ? String(Number(value.toFixed(2))) : value;
}

/**
 * A text element with its anchor at (x, y).
 * @param {number} x
 * @param {number} y
 * @param {string} text
 * @param {Record<string, string | number>} [attributes]
 * @returns {string}
 */
export function label(x, y, text, attributes = {}) {
  return tag("text", { x, y, ...attributes }, escapeMarkup(text));
}

/**
 * A whole file with a white background.
 * @param {number} width
 * @param {number} height
 * @param {string} title
 * @param {string[]} parts markup
 * @returns {string}
 */
export function svgFile(width, height, title, parts) {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${tag(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      "font-family": FONT,
      "font-size": 20,
    },
    tag("title", {}, escapeMarkup(title)),
    tag("rect", { width, height, fill: "#ffffff" }),
    ...parts,
  )}\n`;
}
