/**
 * The network: unit tiles, weights as curves, biases as small squares, and interaction with them.
 * Positions come from `geometry.js`; drawing measures no layout.
 */

import { context2d, sizeCanvas } from "../../lib/dom/canvas.js";
import { find, setAttribute } from "../../lib/dom/dom.js";
import { createCallouts } from "./callouts.js";
import { placeNetwork } from "./geometry.js";
import { createHeads } from "./heads.js";
import { createPathLinks, fillBiases, MOST_PATHS, strokeLinks } from "./links.js";
import { createTiles } from "./tiles.js";
import { createUnits } from "./units.js";
import { createWeights } from "./weights.js";

/** @import { Palettes, ParameterAddress, View } from "../../types/app.js" */
/** @import { Layout } from "./geometry.js" */

/** Side of a single output, and of one of many. */
const OUTPUT_SIZE = 40;
const CLASS_SIZE = 36;
/** Drawing very many links takes at most 1/8 of the time. */
const DENSE_SHARE = 8;

/** @typedef {{ layer: number, unit: number }} Unit */

/**
 * @typedef {object} DiagramProps
 * @property {number[]} hidden units per hidden layer, of the present network
 * @property {number[]} wantedHidden as asked for
 * @property {number} outputs how many output units there are
 * @property {string[]} inputNames labels of the active features
 * @property {HTMLElement[]} inputTiles where their links begin
 * @property {Unit | null} pinned
 * @property {Unit | null} shown the unit on the large map
 * @property {Palettes} palettes
 * @property {boolean} enabled
 */

/**
 * @typedef {object} DiagramOptions
 * @property {{ fewest: number, most: number }} units allowed in a layer
 * @property {(unit: Unit | null) => void} onPreview
 * @property {(unit: Unit | null) => void} onPin null is the single output
 * @property {(layer: number, units: number) => void} onUnits
 * @property {(address: ParameterAddress, value: number, before: number) => void} onSetParameter
 */

/**
 * @typedef {object} Picture what is drawn on a frame
 * @property {Float32Array} parameters
 * @property {Uint8Array | null} tiles
 * @property {HTMLCanvasElement | null} output the large map, while it shows the single output
 */

/**
 * @param {HTMLElement} element
 * @param {DiagramOptions} options
 * @returns {View<DiagramProps> & { draw: (picture: Picture, time: number, force: boolean) => boolean }}
 */
export function createDiagram(element, options) {
  const stage = find(element, ".diagram__stage", HTMLElement);
  const svg = find(stage, ".diagram__links", SVGSVGElement);
  const canvas = find(stage, ".diagram__picture", HTMLCanvasElement);
  const context = context2d(canvas);
  const links = createPathLinks(svg);
  const tiles = createTiles();
  const callouts = createCallouts(find(stage, ".diagram__callouts", HTMLElement));
  const heads = createHeads(find(stage, ".diagram__heads", HTMLElement), options);
  const units = createUnits(find(stage, ".diagram__units", HTMLElement), {
    onPreview: (unit) => options.onPreview(unit && isSingleOutput(unit) ? null : unit),
    onPin: (unit) => options.onPin(isSingleOutput(unit) ? null : unit),
  });
  const weights = createWeights(stage, {
    svg,
    onHighlight: links.highlight,
    onSet: options.onSetParameter,
  });

  /** @type {DiagramProps | null} */
  let props = null;
  /** @type {Layout | null} */
  let layout = null;
  let placedFor = "";
  let nextDense = 0;
  let mustClear = true;

  /**
   * @param {Unit} unit
   * @returns {boolean}
   */
  function isSingleOutput({ layer }) {
    return layout !== null && layer === layout.columns.length - 1 && props?.outputs === 1;
  }

  // Placing

  function place() {
    if (!props) return;
    const { hidden, outputs, inputTiles } = props;
    const outputSize = outputs > 1 ? CLASS_SIZE : OUTPUT_SIZE;
    stage.style.setProperty("--layers", String(hidden.length));
    const box = stage.getBoundingClientRect();
    if (box.width === 0) return;
    const sources = inputTiles.map((tile) => {
      const { right, top, height } = tile.getBoundingClientRect();
      return { x: right - box.left, y: top + height / 2 - box.top };
    });
    const features = find(stage, ".features", HTMLElement).getBoundingClientRect();
    const signature = JSON.stringify([
      hidden,
      outputs,
      sources,
      box.width,
      features.right - box.left,
      features.height,
    ]);
    if (signature !== placedFor) {
      placedFor = signature;
      layout = placeNetwork({
        sources,
        left: features.right - box.left,
        right: box.width - OUTPUT_SIZE / 2 - 2,
        top: features.top - box.top,
        room: features.height,
        hidden,
        outputs,
        outputSize,
      });
      show(layout, box.width);
    }
    if (layout) {
      const xs = layout.columns.slice(0, -1).map((column) => column.x);
      const { fewest, most } = options.units;
      heads.update({ hidden: props.wantedHidden, xs, fewest, most, enabled: props.enabled });
    }
  }

  /**
   * @param {Layout} placed
   * @param {number} width
   */
  function show(placed, width) {
    const height = Math.ceil(placed.height);
    stage.style.setProperty("--height", `${height}px`);
    setAttribute(svg, "viewBox", `0 0 ${width} ${height}`);
    sizeCanvas(canvas, width, height);
    links.place(placed);
    units.place(placed);
    callouts.place(placed);
    weights.place(placed);
    mustClear = true;
  }

  const observer = new ResizeObserver(() => {
    place();
    redraw();
  });
  observer.observe(stage);

  // Drawing

  /** @type {Picture | null} */
  let latest = null;

  function redraw() {
    if (latest) paint(latest, 0, true);
  }

  /**
   * @param {Picture} picture
   * @param {number} time
   * @param {boolean} force
   */
  function paint(picture, time, force) {
    if (!layout || !props || picture.parameters.length !== layout.parameters) return;
    const { palettes } = props;
    const dense = layout.links > MOST_PATHS;
    const strokes = dense && (mustClear || force || time >= nextDense);
    if (mustClear || strokes) context.clearRect(0, 0, canvas.width, canvas.height);
    mustClear = false;
    if (strokes) {
      const start = performance.now();
      strokeLinks(context, layout, picture.parameters, palettes.scale);
      nextDense = time + (performance.now() - start) * DENSE_SHARE;
    } else if (!dense) {
      links.draw(picture.parameters, palettes.scale);
    }
    fillBiases(context, layout, picture.parameters, palettes.scale);
    if (picture.tiles) tiles.draw(context, layout, picture.tiles, palettes);
    drawOutput(picture.output);
  }

  /** @param {HTMLCanvasElement | null} map */
  function drawOutput(map) {
    const column = layout?.columns.at(-1);
    if (!map || !column || column.ys.length > 1) return;
    const side = column.size - 3;
    const y = (column.ys[0] ?? 0) - side / 2;
    context.drawImage(map, column.x - side / 2, y, side, side);
  }

  return {
    update(next) {
      const repaint = props?.palettes !== next.palettes;
      props = next;
      weights.update(next);
      place();
      if (repaint) {
        links.forget();
        mustClear = true;
        redraw();
      }
      units.mark(next.pinned);
      weights.update(next);
    },
    draw(picture, time, force) {
      latest = picture;
      weights.follow(picture.parameters);
      paint(picture, time, force);
      return true;
    },
    destroy() {
      observer.disconnect();
      weights.destroy();
      units.destroy();
    },
  };
}
