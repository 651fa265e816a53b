/** The weights as curves: SVG paths while there are few, strokes on a canvas when there are many. */

import { createSvg } from "../../lib/dom/svg.js";
import { scaleIndex } from "../../lib/draw/color.js";
import { biasMark, isBias, linkEnds, linkPath, parameterAddress } from "./geometry.js";

/** @import { Address, Layout } from "./geometry.js" */

/** Above this number, links are drawn on the canvas. */
export const MOST_PATHS = 600;
/** Most links that are drawn; of more, the strongest. */
const MOST_STROKES = 1200;
const WIDTH_STEP = 0.5;
const WIDEST = 9;

/**
 * The width of a link, rounded to steps, so that small changes need no drawing.
 * @param {number} weight
 * @returns {number}
 */
export function linkWidth(weight) {
  const width = Math.min(WIDEST, 1 + 1.6 * Math.abs(weight));
  return Math.round(width / WIDTH_STEP) * WIDTH_STEP;
}

/**
 * Links as SVG paths below `svg`. Only changed attributes are written.
 * @param {SVGSVGElement} svg
 */
export function createPathLinks(svg) {
  /** @type {{ path: SVGPathElement, parameter: number, address: Address, color: number, width: number }[]} */
  const links = [];

  return {
    /** @param {Layout} layout */
    place(layout) {
      const wanted = layout.links > MOST_PATHS ? 0 : layout.links;
      while (links.length > wanted) links.pop()?.path.remove();
      if (wanted === 0) return;
      let count = 0;
      for (let parameter = 0; parameter < layout.parameters; parameter++) {
        const address = parameterAddress(layout, parameter);
        if (isBias(layout, address)) continue;
        const path = links[count]?.path ?? svg.appendChild(createSvg("path", { class: "diagram__link" }));
        path.setAttribute("d", linkPath(linkEnds(layout, address.layer, address.unit, address.input)));
        path.dataset.link = `${address.layer}:${address.unit}:${address.input}`;
        links[count] = { path, parameter, address, color: -1, width: -1 };
        count += 1;
      }
    },
    /**
     * @param {Float32Array} parameters
     * @param {string[]} scale
     */
    draw(parameters, scale) {
      for (const link of links) {
        const weight = parameters[link.parameter] ?? 0;
        const color = scaleIndex(weight, scale.length);
        const width = linkWidth(weight);
        if (color !== link.color) {
          link.color = color;
          link.path.setAttribute("stroke", scale[color] ?? "");
        }
        if (width !== link.width) {
          link.width = width;
          link.path.setAttribute("stroke-width", String(width));
        }
      }
    },
    /** Invalidates the colours after a change of theme. */
    forget() {
      for (const link of links) link.color = -1;
    },
    /**
     * Highlights the chosen links and dims the others; null ends that.
     * @param {((address: Address) => boolean) | null} chosen
     */
    highlight(chosen) {
      svg.toggleAttribute("data-dimmed", chosen !== null);
      for (const { path, address } of links) {
        path.toggleAttribute("data-chosen", chosen?.(address) ?? false);
      }
    },
  };
}

/**
 * Draws many links as strokes, one path per colour and width; the strongest if there are too many.
 * @param {CanvasRenderingContext2D} context
 * @param {Layout} layout
 * @param {Float32Array} parameters
 * @param {string[]} scale
 */
export function strokeLinks(context, layout, parameters, scale) {
  const threshold = layout.links > MOST_STROKES ? strengthOfRank(layout, parameters, MOST_STROKES) : 0;
  /** @type {Map<number, Path2D>} */
  const looks = new Map();
  for (let layer = 0; layer < layout.columns.length; layer++) {
    const inputs = /** @type {number} */ (layout.sizes[layer]);
    const units = /** @type {number} */ (layout.sizes[layer + 1]);
    let parameter = /** @type {number} */ (layout.offsets[layer]);
    for (let unit = 0; unit < units; unit++, parameter++) {
      for (let input = 0; input < inputs; input++, parameter++) {
        const weight = parameters[parameter] ?? 0;
        if (Math.abs(weight) < threshold) continue;
        const look = scaleIndex(weight, scale.length) * 64 + Math.round(linkWidth(weight) * 2);
        const path = looks.get(look) ?? new Path2D();
        looks.set(look, path);
        const [x0, y0, x1, y1] = linkEnds(layout, layer, unit, input);
        const middle = (x0 + x1) / 2;
        path.moveTo(x0, y0);
        path.bezierCurveTo(middle, y0, middle, y1, x1, y1);
      }
    }
  }
  context.globalAlpha = threshold > 0 ? 0.55 : 0.75;
  for (const [look, path] of [...looks].sort(([one], [other]) => (one % 64) - (other % 64))) {
    context.strokeStyle = scale[Math.floor(look / 64)] ?? "";
    context.lineWidth = ((look % 64) / 2) * 0.7;
    context.stroke(path);
  }
  context.globalAlpha = 1;
}

/**
 * The absolute weight that about `rank` links exceed.
 * @param {Layout} layout
 * @param {Float32Array} parameters
 * @param {number} rank
 * @returns {number}
 */
function strengthOfRank(layout, parameters, rank) {
  const sample = Float32Array.from(parameters, Math.abs).sort();
  return sample[Math.max(0, sample.length - Math.min(rank, layout.links))] ?? 0;
}

/**
 * Draws the biases as small squares.
 * @param {CanvasRenderingContext2D} context
 * @param {Layout} layout
 * @param {Float32Array} parameters
 * @param {string[]} scale
 */
export function fillBiases(context, layout, parameters, scale) {
  for (let layer = 0; layer < layout.columns.length; layer++) {
    const inputs = /** @type {number} */ (layout.sizes[layer]);
    const units = /** @type {number} */ (layout.sizes[layer + 1]);
    const offset = /** @type {number} */ (layout.offsets[layer]);
    for (let unit = 0; unit < units; unit++) {
      const bias = parameters[offset + unit * (inputs + 1) + inputs] ?? 0;
      const { x, y, size } = biasMark(layout, layer, unit);
      context.fillStyle = scale[scaleIndex(bias, scale.length)] ?? "";
      context.fillRect(x - size / 2, y - size / 2, size, size);
    }
  }
}
