/** Weights and biases by pointer and keyboard: a tip shows them, the editor sets them. */

import { find, setAttribute, setText } from "../../lib/dom/dom.js";
import { formatParameter } from "../../lib/text/format.js";
import { phrase } from "../../lib/text/i18n.js";
import { createEditor } from "./editor.js";
import { isBias, nearestParameter, parameterAddress, parameterIndex, parameterPoint } from "./geometry.js";
import { parameterName } from "./names.js";

/** @import { ParameterAddress } from "../../types/app.js" */
/** @import { Address, Layout, Point } from "./geometry.js" */

/** Distance within which a pointer selects a weight, in pixels. */
const REACH = { mouse: 7, touch: 18 };

/**
 * @typedef {object} WeightsProps
 * @property {string[]} inputNames labels of the active features
 * @property {{ layer: number, unit: number } | null} shown the unit on the large map
 * @property {boolean} enabled
 */

/**
 * @typedef {object} WeightsOptions
 * @property {SVGSVGElement} svg the drawing of the links
 * @property {(chosen: ((address: Address) => boolean) | null) => void} onHighlight
 * @property {(address: ParameterAddress, value: number, before: number) => void} onSet
 */

/**
 * @param {HTMLElement} stage
 * @param {WeightsOptions} options
 */
export function createWeights(stage, { svg, onHighlight, onSet }) {
  const scope = new AbortController();
  const { signal } = scope;
  const cursor = find(stage, ".diagram__cursor", HTMLButtonElement);
  const tip = find(stage, ".diagram__tip", HTMLElement);
  const editor = createEditor(find(stage, "#editor", HTMLFormElement), {
    onSet: (value, before) => edited && onSet(wireAddress(edited), value, before),
    onClose(byKeyboard) {
      edited = null;
      highlight();
      if (byKeyboard) cursor.focus({ preventScroll: true });
    },
  });

  /** @type {WeightsProps | null} */
  let props = null;
  /** @type {Layout | null} */
  let layout = null;
  let parameters = new Float32Array(0);
  /** @type {Address | null} the weight or bias pointed at */
  let hovered = null;
  /** @type {Address | null} the one in the editor */
  let edited = null;
  /** Index of the parameter at the keyboard cursor. */
  let cursorIndex = 0;

  /**
   * @param {Address} address
   * @returns {ParameterAddress}
   */
  function wireAddress(address) {
    const bias = layout !== null && isBias(layout, address);
    return { ...address, input: bias ? "bias" : address.input };
  }

  /**
   * @param {Address} address
   * @returns {string}
   */
  function nameOf(address) {
    return layout && props ? parameterName(layout, props.inputNames, address) : "";
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
    setText(
      tip,
      phrase(isBias(layout, hovered) ? "diagram.bias" : "diagram.weight", {
        value: formatParameter(weightAt(hovered)),
      }),
    );
  }

  function highlight() {
    const shown = props?.shown ?? null;
    const address = hovered ?? edited;
    if (address && layout && !isBias(layout, address)) {
      onHighlight(
        (link) => link.layer === address.layer && link.unit === address.unit && link.input === address.input,
      );
    } else if (shown) {
      onHighlight(
        (link) =>
          (link.layer === shown.layer && link.unit === shown.unit) ||
          (link.layer === shown.layer + 1 && link.input === shown.unit),
      );
    } else {
      onHighlight(null);
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
   * @returns {boolean} whether the event is on the drawing, not on a control
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
      phrase("diagram.set", { name: nameOf(address), value: formatParameter(weightAt(address)) }),
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

  return {
    /** @param {Layout} placed */
    place(placed) {
      layout = placed;
      if (editor.isOpen) editor.close(false);
      hover(null);
      cursorIndex = Math.min(cursorIndex, Math.max(0, placed.parameters - 1));
      moveCursor(cursorIndex);
    },
    /** @param {WeightsProps} next */
    update(next) {
      props = next;
      highlight();
    },
    /** @param {Float32Array} present the parameters as they are now */
    follow(present) {
      parameters = /** @type {Float32Array<ArrayBuffer>} */ (present);
      writeTip();
      if (edited) editor.follow(weightAt(edited));
    },
    destroy() {
      scope.abort();
      editor.destroy();
    },
  };
}
