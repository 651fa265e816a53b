/** The map as an SVG file: an image of the plane, and points and axes as shapes. */

import { formatPlain } from "../text/format.js";
import { markOf, markPath } from "./class-shapes.js";
import { scaleIndex } from "./color.js";
import { linearScale, linearTicks } from "./scale.js";
import { label, svgFile, tag } from "./svg-text.js";

/** Width and height of the file, and of the map in it. */
export const MAP_SIZE = 1000;
export const MAP_SIDE = 912;
const LEFT = 64;
const TOP = 40;
const RADIUS = 8.5;

/**
 * @typedef {object} PointSet
 * @property {Float32Array} points x1, x2, target of each
 * @property {string} rim colour of the outlines
 * @property {string | null} ring colour of a second, wider outline
 */

/**
 * @typedef {object} MapPictureOptions
 * @property {string} title
 * @property {string} image address of the ground's picture
 * @property {readonly [number, number]} region
 * @property {PointSet[]} sets the last ones on top
 * @property {string[]} scale colours of values from −1 to 1
 * @property {string[]} classColors
 * @property {number} classes how many there are; 0 for values
 * @property {{ text: string, line: string }} colors
 */

/**
 * @param {MapPictureOptions} options
 * @returns {string}
 */
export function mapPicture(options) {
  const { title, image, region, colors } = options;
  const [low, high] = region;
  const x = linearScale(low, high, LEFT, LEFT + MAP_SIDE);
  const y = linearScale(low, high, TOP + MAP_SIDE, TOP);
  const ground = tag("image", { x: LEFT, y: TOP, width: MAP_SIDE, height: MAP_SIDE, href: image });
  const frame = tag("rect", {
    x: LEFT,
    y: TOP,
    width: MAP_SIDE,
    height: MAP_SIDE,
    fill: "none",
    stroke: colors.line,
  });
  const axes = linearTicks(low, high, 6).flatMap((tick) => {
    const text = formatPlain(tick);
    return [
      label(x(tick), TOP + MAP_SIDE + 26, text, { "text-anchor": "middle" }),
      label(LEFT - 12, y(tick) + 7, text, { "text-anchor": "end" }),
    ];
  });
  const names = [
    label(LEFT + MAP_SIDE, TOP + MAP_SIDE + 44, "x\u2081", { "text-anchor": "end", "font-style": "italic" }),
    label(LEFT - 34, TOP + 44, "x\u2082", { "font-style": "italic" }),
  ];
  return svgFile(MAP_SIZE, MAP_SIZE, title, [
    ground,
    frame,
    ...options.sets.map((set) => drawSet(set, options, x, y)),
    tag("g", { fill: colors.text }, label(LEFT, 26, title), ...axes, ...names),
  ]);
}

/**
 * @param {PointSet} set
 * @param {MapPictureOptions} options
 * @param {import("./scale.js").Scale} x
 * @param {import("./scale.js").Scale} y
 * @returns {string}
 */
function drawSet({ points, rim, ring }, { region: [low, high], scale, classColors, classes }, x, y) {
  /** @type {string[]} */
  const shapes = [];
  for (let index = 0; index + 2 < points.length; index += 3) {
    const [x1 = 0, x2 = 0, target = 0] = points.subarray(index, index + 3);
    if (x1 < low || x1 > high || x2 < low || x2 > high) continue;
    const fill = (classes > 2 ? classColors[target] : scale[scaleIndex(target, scale.length)]) ?? "none";
    const transform = `translate(${x(x1).toFixed(1)} ${y(x2).toFixed(1)})`;
    const shape = tag("path", { d: markPath(markOf(target, classes), RADIUS), fill });
    const around = tag("circle", { r: RADIUS + 6, fill: "none", stroke: ring ?? "none", "stroke-width": 3 });
    shapes.push(tag("g", { transform }, shape, ...(ring ? [around] : [])));
  }
  return tag("g", { stroke: rim, "stroke-width": 2 }, ...shapes);
}
