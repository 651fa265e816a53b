/** Names of units, weights and biases. */

import { phrase } from "../../lib/text/i18n.js";
import { isBias } from "./geometry.js";

/** @import { Address, Layout } from "./geometry.js" */

/**
 * @param {Layout} layout
 * @param {{ layer: number, unit: number }} unit
 * @returns {string}
 */
export function unitName({ columns }, { layer, unit }) {
  if (layer < columns.length - 1) return phrase("diagram.unit-named", { unit: unit + 1, layer: layer + 1 });
  return (columns.at(-1)?.ys.length ?? 1) > 1
    ? phrase("diagram.output-of-class", { label: unit })
    : phrase("diagram.the-output");
}

/**
 * @param {Layout} layout
 * @param {string[]} inputNames labels of the active features
 * @param {Address} address
 * @returns {string}
 */
export function parameterName(layout, inputNames, address) {
  const target = unitName(layout, address);
  if (isBias(layout, address)) return phrase("diagram.bias-of", { target });
  const { layer, input } = address;
  const source =
    layer === 0 ? (inputNames[input] ?? "") : unitName(layout, { layer: layer - 1, unit: input });
  return phrase("diagram.weight-between", { source, target });
}
