/**
 * The network: unit tiles, weights as curves, biases as small squares, and everything one can do to them.
 * Positions come from `diagram/geometry.js`; nothing is measured while drawing.
 */

import { context2d, sizeCanvas } from "../lib/canvas.js";
import { find, setAttribute, setText } from "../lib/dom.js";
import { formatParameter } from "../lib/format.js";
import { createCallouts } from "./diagram/callouts.js";
import { createEditor } from "./diagram/editor.js";
import {
  isBias,
  nearestParameter,
  parameterAddress,
  parameterIndex,
  parameterPoint,
  placeNetwork,
} from "./diagram/geometry.js";
import { createHeads } from "./diagram/heads.js";
import { createPathLinks, fillBiases, MOST_PATHS, strokeLinks } from "./diagram/links.js";
import { createTiles } from "./diagram/tiles.js";
import { createUnits } from "./diagram/units.js";

/** @import { Palettes, ParameterAddress, View } from "../types/app.js" */
/** @import { Address, Layout, Point } from "./diagram/geometry.js" */

const OUTPUT_SIZE = 40;
/** How near a pointer must be to a weight to mean it, in pixels. */
const REACH = { mouse: 7, touch: 18 };
/** Drawing very many links may take this share of the time at most: one part in so many. */
const DENSE_SHARE = 8;

/** @typedef {{ layer: number, unit: number }} Unit */

/**
 * @typedef {object} DiagramProps
 * @property {number[]} hidden units per hidden layer, as they are
 * @property {number[]} wantedHidden as asked for
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
 * @property {(unit: Unit | null) => void} onPin null is the output
 * @property {(layer: number, units: number) => void} onUnits
 * @property {(address: ParameterAddress, value: number) => void} onSetParameter
 */

/**
 * @typedef {object} Picture what is drawn on a frame
 * @property {Float32Array} parameters
 * @property {Uint8Array | null} tiles
 * @property {HTMLCanvasElement | null} output the large map, while it shows the output
 */

/**
 * @param {HTMLElement} element
 * @param {DiagramOptions} options
 * @returns {View<DiagramProps> & { draw: (picture: Picture, time: number, settled: boolean) => boolean }}
 */
export function createDiagram(element, options) {
  const scope = new AbortController();
  const { signal } = scope;
  const stage = find(element, ".diagram__stage", HTMLElement);
  const svg = find(stage, ".diagram__links", SVGSVGElement);
  const canvas = find(stage, ".diagram__picture", HTMLCanvasElement);
  const cursor = find(stage, ".diagram__cursor", HTMLButtonElement);
  const tip = find(stage, ".diagram__tip", HTMLElement);
  const context = context2d(canvas);
  const links = createPathLinks(svg);
  const tiles = createTiles();
  const callouts = createCallouts(find(stage, ".diagram__callouts", HTMLElement));
  const heads = createHeads(find(stage, ".diagram__heads", HTMLElement), options);
  const units = createUnits(find(stage, ".diagram__units", HTMLElement), {
    onPreview: (unit) => options.onPreview(unit && isOutput(unit) ? null : unit),
    onPin: (unit) => options.onPin(isOutput(unit) ? null : unit),
  });
  const editor = createEditor(find(stage, "#editor", HTMLFormElement), {
    onSet: (value) => edited && options.onSetParameter(wireAddress(edited), value),
    onClose(byKeyboard) {
      edited = null;
      highlight();
      if (byKeyboard) cursor.focus({ preventScroll: true });
    },
  });

  /** @type {DiagramProps | null} */
  let props = null;
  /** @type {Layout | null} */
  let layout = null;
  let placedFor = "";
  let parameters = new Float32Array(0);
  /** @type {Address | null} the weight or bias pointed at */
  let hovered = null;
  /** @type {Address | null} the one in the editor */
  let edited = null;
  /** Index of the parameter the keyboard is on. */
  let cursorIndex = 0;
  let nextDense = 0;
  let mustClear = true;

  /**
   * @param {Unit} unit
   * @returns {boolean}
   */
  function isOutput({ layer }) {
    return layout !== null && layer === layout.columns.length - 1;
  }

  /**
   * @param {Address} address
   * @returns {ParameterAddress}
   */
  function wireAddress(address) {
    const bias = layout !== null && isBias(layout, address);
    return { ...address, input: bias ? "bias" : address.input };
  }

  // Placing

  function place() {
    if (!props) return;
    const { hidden, inputTiles } = props;
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
        outputSize: OUTPUT_SIZE,
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
    if (editor.isOpen) editor.close(false);
    hover(null);
    cursorIndex = Math.min(cursorIndex, Math.max(0, placed.parameters - 1));
    moveCursor(cursorIndex);
    mustClear = true;
  }

  const observer = new ResizeObserver(() => {
    place();
    redraw();
  });
  observer.observe(stage);

  // Naming

  /**
   * @param {Address} address
   * @returns {string}
   */
  function nameOf(address) {
    if (!layout || !props) return "";
    const last = layout.columns.length - 1;
    const target =
      address.layer === last ? "the output" : `unit ${address.unit + 1} of layer ${address.layer + 1}`;
    if (isBias(layout, address)) return `Bias of ${target}`;
    const source =
      address.layer === 0
        ? (props.inputNames[address.input] ?? "")
        : `unit ${address.input + 1} of layer ${address.layer}`;
    return `Weight from ${source} to ${target}`;
  }

  /**
   * @param {Address} address
   * @returns {number}
   */
  function weightAt(address) {
    return layout ? (parameters[parameterIndex(layout, address)] ?? 0) : 0;
  }

  // Pointing at weights

  /** @param {Address | null} address */
  function hover(address) {
    const same =
      address?.layer === hovered?.layer &&
      address?.unit === hovered?.unit &&
      address?.input === hovered?.input;
    if (same) return;
    hovered = address;
    tip.hidden = address === null;
    stage.toggleAttribute("data-pointing", address !== null);
    highlight();
    if (!address || !layout) return;
    const { x, y } = parameterPoint(layout, address);
    tip.style.setProperty("--x", `${x.toFixed(1)}px`);
    tip.style.setProperty("--y", `${y.toFixed(1)}px`);
    writeTip();
  }

  function writeTip() {
    if (!hovered || !layout) return;
    setText(tip, `${isBias(layout, hovered) ? "Bias" : "Weight"} ${formatParameter(weightAt(hovered))}`);
  }

  function highlight() {
    const shown = props?.shown ?? null;
    const address = hovered ?? edited;
    if (address && layout && !isBias(layout, address)) {
      links.highlight(
        (link) => link.layer === address.layer && link.unit === address.unit && link.input === address.input,
      );
    } else if (shown) {
      links.highlight(
        (link) =>
          (link.layer === shown.layer && link.unit === shown.unit) ||
          (link.layer === shown.layer + 1 && link.input === shown.unit),
      );
    } else {
      links.highlight(null);
    }
  }

  /**
   * @param {PointerEvent | MouseEvent} event
   * @returns {Point}
   */
  function pointOf(event) {
    const box = stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  /**
   * @param {EventTarget | null} target
   * @returns {boolean} whether the place belongs to the drawing, not to a control on it
   */
  function isGround(target) {
    return target === stage || (target instanceof Node && svg.contains(target));
  }

  stage.addEventListener(
    "pointermove",
    (event) => {
      if (event.pointerType !== "mouse" || !layout) return;
      hover(isGround(event.target) ? nearestParameter(layout, pointOf(event), REACH.mouse) : null);
    },
    { signal },
  );
  stage.addEventListener("pointerleave", () => hover(null), { signal });
  stage.addEventListener(
    "click",
    (event) => {
      if (!layout || !isGround(event.target)) return;
      const mouse = !(event instanceof PointerEvent) || event.pointerType === "mouse";
      const address = nearestParameter(layout, pointOf(event), mouse ? REACH.mouse : REACH.touch);
      if (address) edit(address);
    },
    { signal },
  );

  // Reaching weights by keyboard

  /** @param {number} index */
  function moveCursor(index) {
    if (!layout || layout.parameters === 0) return;
    cursorIndex = Math.min(layout.parameters - 1, Math.max(0, index));
    const address = parameterAddress(layout, cursorIndex);
    const { x, y } = parameterPoint(layout, address);
    cursor.style.setProperty("--x", `${x.toFixed(1)}px`);
    cursor.style.setProperty("--y", `${y.toFixed(1)}px`);
    setAttribute(
      cursor,
      "aria-label",
      `${nameOf(address)}: ${formatParameter(weightAt(address))}. Enter to set it.`,
    );
  }

  /** @param {number} by layers */
  function moveCursorLayer(by) {
    if (!layout) return;
    const { layer } = parameterAddress(layout, cursorIndex);
    const next = Math.min(layout.columns.length - 1, Math.max(0, layer + by));
    if (next !== layer) moveCursor(parameterIndex(layout, { layer: next, unit: 0, input: 0 }));
  }

  cursor.addEventListener(
    "keydown",
    (event) => {
      /** @type {Record<string, () => void>} */
      const moves = {
        ArrowDown: () => moveCursor(cursorIndex + 1),
        ArrowUp: () => moveCursor(cursorIndex - 1),
        ArrowRight: () => moveCursorLayer(1),
        ArrowLeft: () => moveCursorLayer(-1),
        Home: () => moveCursor(0),
        End: () => moveCursor(Number.POSITIVE_INFINITY),
      };
      const move = moves[event.key];
      if (!move) return;
      event.preventDefault();
      move();
      pointAtCursor();
    },
    { signal },
  );
  cursor.addEventListener("focus", pointAtCursor, { signal });
  cursor.addEventListener("blur", () => hover(null), { signal });
  cursor.addEventListener("click", () => layout && edit(parameterAddress(layout, cursorIndex)), { signal });

  function pointAtCursor() {
    if (layout && cursor.matches(":focus-visible")) {
      moveCursor(cursorIndex);
      hover(parameterAddress(layout, cursorIndex));
    }
  }

  /** @param {Address} address */
  function edit(address) {
    if (!layout || !props?.enabled) return;
    const { x, y } = parameterPoint(layout, address);
    const key = `${address.layer}:${address.unit}:${address.input}`;
    hover(null);
    moveCursor(parameterIndex(layout, address));
    edited = address;
    highlight();
    const room = { width: stage.clientWidth, height: stage.clientHeight };
    editor.open({ key, title: nameOf(address), x, y }, weightAt(address), room);
  }

  // Drawing

  /** @type {Picture | null} */
  let latest = null;

  function redraw() {
    if (latest) paint(latest, 0, true);
  }

  /**
   * @param {Picture} picture
   * @param {number} time
   * @param {boolean} settled
   */
  function paint(picture, time, settled) {
    if (!layout || !props || picture.parameters.length !== layout.parameters) return;
    const { palettes } = props;
    const dense = layout.links > MOST_PATHS;
    const strokes = dense && (mustClear || settled || time >= nextDense);
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
    if (picture.tiles) tiles.draw(context, layout, picture.tiles, palettes.smooth);
    drawOutput(picture.output);
  }

  /** @param {HTMLCanvasElement | null} map */
  function drawOutput(map) {
    const column = layout?.columns.at(-1);
    if (!map || !column) return;
    const side = column.size - 3;
    const y = (column.ys[0] ?? 0) - side / 2;
    context.drawImage(map, column.x - side / 2, y, side, side);
  }

  return {
    update(next) {
      const repaint = props?.palettes !== next.palettes;
      props = next;
      place();
      if (repaint) {
        links.forget();
        mustClear = true;
        redraw();
      }
      units.mark(next.pinned);
      highlight();
    },
    draw(picture, time, settled) {
      latest = picture;
      parameters = /** @type {Float32Array<ArrayBuffer>} */ (picture.parameters);
      paint(picture, time, settled);
      writeTip();
      if (edited) editor.follow(weightAt(edited));
      return true;
    },
    destroy() {
      scope.abort();
      observer.disconnect();
      editor.destroy();
      units.destroy();
    },
  };
}
