/** Pointer and keyboard input on the board: where to draw, spray and erase. */

/** @import { createBoard } from "./board.js" */

/**
 * @typedef {object} StrokesOptions
 * @property {ReturnType<typeof createBoard>} board
 * @property {() => { tool: string, size: number }} get
 * @property {(place: readonly [number, number], step: Step) => void} onPlace use the tool at a position
 * @property {(place: readonly [number, number]) => void} onErase erase the nearest point
 * @property {(place: readonly [number, number]) => void} onMove the keyboard cursor has moved
 * @property {(place: readonly [number, number] | null) => void} onPoint the pointer is there, or has left
 */

/**
 * @typedef {object} Step
 * @property {readonly [number, number] | null} from previous position; null at the begin of a stroke
 * @property {number} seconds since then
 * @property {boolean} goesOn whether this continues a stroke
 */

/** Step of an arrow key, and with Shift. */
const STEP = 0.2;
const LEAP = 1;

const ARROWS = new Map([
  ["ArrowLeft", [-1, 0]],
  ["ArrowRight", [1, 0]],
  ["ArrowUp", [0, 1]],
  ["ArrowDown", [0, -1]],
]);

/**
 * @param {HTMLCanvasElement} canvas
 * @param {StrokesOptions} options
 */
export function createStrokes(canvas, { board, get, onPlace, onErase, onMove, onPoint }) {
  const scope = new AbortController();
  const { signal } = scope;
  /** @type {[number, number]} */
  let cross = [0, 0];
  /** @type {{ id: number, place: readonly [number, number], time: number } | null} */
  let stroke = null;
  /** @type {readonly [number, number] | null} */
  let hovering = null;
  let byKeyboard = false;
  let ticking = 0;

  function point() {
    const { tool, size } = get();
    const radius = tool === "brush" ? 0 : size;
    const focused = document.activeElement === canvas && byKeyboard;
    board.point({ cross: focused ? cross : null, circle: hovering, radius });
  }

  /**
   * @param {readonly [number, number]} place
   * @param {number} time
   */
  function go(place, time) {
    if (!stroke) return;
    const from = stroke.place;
    const seconds = Math.max(0, time - stroke.time) / 1000;
    stroke = { ...stroke, place, time };
    onPlace(place, { from, seconds, goesOn: true });
  }

  /** Continues a spray while the pointer rests. */
  function tick() {
    ticking = 0;
    if (!stroke) return;
    if (get().tool === "spray") go(stroke.place, performance.now());
    ticking = requestAnimationFrame(tick);
  }

  canvas.addEventListener(
    "pointerdown",
    (event) => {
      if (event.button !== 0 || !event.isPrimary) return;
      event.preventDefault();
      canvas.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
      byKeyboard = false;
      const place = board.placeOf(event);
      stroke = { id: event.pointerId, place, time: performance.now() };
      hovering = place;
      point();
      onPlace(place, { from: null, seconds: 0, goesOn: false });
      if (ticking === 0) ticking = requestAnimationFrame(tick);
    },
    { signal },
  );
  canvas.addEventListener(
    "pointermove",
    (event) => {
      hovering = board.placeOf(event);
      if (stroke?.id === event.pointerId) {
        const passed = event.getCoalescedEvents?.() ?? [];
        for (const step of passed.length > 0 ? passed : [event]) go(board.placeOf(step), performance.now());
      }
      point();
      onPoint(hovering);
    },
    { signal },
  );
  for (const type of /** @type {const} */ (["pointerup", "pointercancel", "lostpointercapture"])) {
    canvas.addEventListener(
      type,
      ({ pointerId, pointerType }) => {
        if (stroke?.id === pointerId) {
          cross = board.clampToBoard(stroke.place);
          stroke = null;
        }
        if (pointerType === "touch") hovering = null;
        point();
      },
      { signal },
    );
  }
  canvas.addEventListener(
    "pointerleave",
    () => {
      hovering = null;
      point();
      onPoint(null);
    },
    { signal },
  );
  for (const type of /** @type {const} */ (["focus", "blur"])) {
    canvas.addEventListener(
      type,
      () => {
        byKeyboard = type === "focus" && canvas.matches(":focus-visible");
        point();
      },
      { signal },
    );
  }
  canvas.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const arrow = ARROWS.get(event.key);
      if (!arrow && ![" ", "Enter", "Delete", "Backspace", "Home"].includes(event.key)) return;
      event.preventDefault();
      byKeyboard = true;
      if (arrow || event.key === "Home") {
        const [dx = 0, dy = 0] = arrow ?? [];
        const by = event.shiftKey ? LEAP : STEP;
        cross = arrow ? board.clampToBoard([cross[0] + dx * by, cross[1] + dy * by]) : [0, 0];
        onMove(cross);
      } else if (event.key === " " || event.key === "Enter") {
        onPlace(cross, { from: null, seconds: 0, goesOn: false });
      } else {
        onErase(cross);
      }
      point();
    },
    { signal },
  );

  return {
    refresh: point,
    get cross() {
      return cross;
    },
    destroy() {
      cancelAnimationFrame(ticking);
      scope.abort();
    },
  };
}
