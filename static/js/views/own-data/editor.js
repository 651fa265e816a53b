/** The editor of own points: a dialog with a board to draw on, tools, and the import and export of tables. */

import { create, find, findAll, setText } from "../../lib/dom/dom.js";
import { formatFixed } from "../../lib/text/format.js";
import { phrase } from "../../lib/text/i18n.js";
import {
  createDrawing,
  placesAlong,
  placesWithin,
  redone,
  roundPlace,
  undone,
  withoutCircle,
  withoutNearest,
  withPoints,
  withPresent,
} from "../../own-data/drawing-history.js";
import { classesOfPoints, judge, labelledPoint, MOST_POINTS, valuedPoint } from "../../own-data/point-set.js";
import { writeCsv } from "../../own-data/tables/csv.js";
import { toRows } from "../../own-data/tables/table-reader.js";
import { createBoard } from "./board.js";
import { createImport } from "./import.js";
import { createStrokes } from "./strokes.js";
import { createTools } from "./tools.js";

/** @import { PointSet } from "../../own-data/point-set.js" */
/** @import { Palettes, View } from "../../types/app.js" */

/** Distance between the points of a brush stroke. */
const SPACING = 0.3;
/** Seconds of spraying for one press. */
const BURST = 0.2;

/**
 * @typedef {object} OwnEditorOptions
 * @property {readonly [number, number]} region
 * @property {PointSet} draft points drawn before
 * @property {() => PointSet | null} present the points of the present data set; null while there are none
 * @property {(draft: PointSet) => void} onDraft the drawing has changed
 * @property {(set: PointSet) => void} onUse
 * @property {() => number} [random] 0 … 1
 */

/**
 * @typedef {object} OwnEditor
 * @property {() => void} open
 * @property {(file: File) => void} readFile opens the import with a table
 * @property {(palettes: Palettes) => void} paint
 */

/**
 * @param {HTMLDialogElement} dialog
 * @param {OwnEditorOptions} options
 * @returns {View<{ enabled: boolean }> & OwnEditor}
 */
export function createOwnEditor(dialog, { region, draft, present, onDraft, onUse, random = Math.random }) {
  const scope = new AbortController();
  const { signal } = scope;
  const [drawPart, importPart] = findAll(dialog, ".own__part", HTMLElement);
  if (!drawPart || !importPart) throw new Error("The editor lacks a part");
  const canvas = find(dialog, ".own__board", HTMLCanvasElement);
  const readout = find(dialog, ".own__readout", HTMLElement);
  const live = find(dialog, ".own__live", HTMLElement);
  const verdict = find(dialog, "#own-verdict", HTMLElement);
  let drawing = createDrawing(draft);
  let enabled = true;
  /** @type {Palettes | null} */
  let palettes = null;
  /** Whether the present stroke has changed the points, and the fraction of a point that the spray has left over. */
  let stroke = { changed: false, debt: 0 };
  let message = "";

  const button = (/** @type {string} */ name) => find(dialog, `[data-own="${name}"]`, HTMLButtonElement);
  const announce = (/** @type {string} */ sentence) => setText(live, sentence);

  const board = createBoard(find(dialog, ".own__points", HTMLCanvasElement), canvas, { region });
  const tools = createTools(drawPart, {
    onKind: (kind) => edit({ ...drawing.present, kind }),
    onChange: () => strokes.refresh(),
    announce,
  });
  const strokes = createStrokes(canvas, {
    board,
    get: tools.get,
    onPlace: use,
    onErase(place) {
      edit(withoutNearest(drawing.present, ...place));
      announcePlace(place, "");
    },
    onMove: (place) => announcePlace(place, ""),
    onPoint: showPlace,
  });
  const importer = createImport(importPart, {
    region,
    onTake(set, sentence) {
      edit(set);
      message = sentence;
      showPart(drawPart);
      show();
      canvas.focus({ preventScroll: true });
    },
  });

  /**
   * Sets the points, as a step that can be undone.
   * @param {PointSet} next
   * @param {boolean} [goesOn]
   */
  function edit(next, goesOn = false) {
    const before = drawing;
    drawing = withPresent(drawing, next, goesOn);
    if (drawing === before) return;
    message = "";
    changed();
  }

  function changed() {
    onDraft(drawing.present);
    show();
  }

  /**
   * Uses the chosen tool at a position.
   * @param {readonly [number, number]} place
   * @param {import("./strokes.js").Step} step
   */
  function use(place, { from, seconds, goesOn }) {
    const { tool, label, value, size, density } = tools.get();
    const { present: set } = drawing;
    if (!goesOn) stroke = { changed: false, debt: density * BURST };
    let next = set;
    if (tool === "eraser") {
      for (const [x1, x2] of from ? placesAlong(from, place, size / 2) : [])
        next = withoutCircle(next, x1, x2, size);
      next = withoutCircle(next, ...place, size);
    } else {
      stroke.debt += density * seconds;
      const count = Math.floor(stroke.debt);
      if (tool === "spray") stroke.debt -= count;
      const places = tool === "spray" ? placesWithin(count, place, size, random) : along(from, place);
      next = withPoints(
        set,
        places
          .filter(board.contains)
          .map(roundPlace)
          .map(([x1, x2]) =>
            set.kind === "classes" ? labelledPoint(x1, x2, label) : valuedPoint(x1, x2, value),
          ),
      );
      if (set.points.length >= MOST_POINTS) {
        message = phrase("own.full", { most: MOST_POINTS });
        show();
      }
    }
    if (next !== set) {
      edit(next, stroke.changed);
      stroke.changed = true;
    }
    if (!goesOn) announcePlace(place, next === set ? phrase("own.nothing-here") : "");
    showPlace(place);
  }

  /** The last point of the brush stroke, from which the distance of the next is measured. */
  let last = /** @type {readonly [number, number]} */ ([0, 0]);

  /**
   * @param {readonly [number, number] | null} from
   * @param {readonly [number, number]} to
   * @returns {(readonly [number, number])[]}
   */
  function along(from, to) {
    const places = from ? placesAlong(last, to, SPACING) : [to];
    last = places.at(-1) ?? last;
    return places;
  }

  function pointsNow() {
    return phrase("count.points", { count: drawing.present.points.length });
  }

  /**
   * @param {readonly [number, number]} place
   * @param {string} before
   */
  function announcePlace(place, before) {
    announce(`${before}${phrase("own.at", { place: describe(place), points: pointsNow() })}`);
    showPlace(place);
  }

  /** @param {readonly [number, number]} place */
  function describe([x1, x2]) {
    return phrase("own.place", { x1: formatFixed(x1, 1), x2: formatFixed(x2, 1) });
  }

  /** @param {readonly [number, number] | null} place */
  function showPlace(place) {
    const count = phrase("own.count", { there: drawing.present.points.length, most: MOST_POINTS });
    setText(readout, place ? `${count} \u00b7 ${describe(place)}` : count);
  }

  function show() {
    const { present: set, past, future } = drawing;
    const { refusal, remarks } = judge(set);
    tools.update(set);
    if (palettes) board.show(set, palettes);
    const line = enabled ? refusal : phrase("own.no-server");
    setText(verdict, [message, line ?? summary(set), ...remarks].filter(Boolean).join(" "));
    verdict.toggleAttribute("data-refusal", refusal !== null);
    button("use").disabled = line !== null;
    button("undo").disabled = past.length === 0;
    button("redo").disabled = future.length === 0;
    button("clear").disabled = button("export").disabled = set.points.length === 0;
    showPlace(null);
  }

  /** @param {PointSet} set */
  function summary({ kind, points }) {
    const count = phrase("count.points", { count: points.length });
    if (kind === "values") return phrase("own.summary-values", { points: count });
    return phrase("own.summary-classes", { points: count, classes: classesOfPoints(points) });
  }

  /** @param {HTMLElement} part */
  function showPart(part) {
    for (const each of [drawPart, importPart]) if (each) each.hidden = each !== part;
  }

  function showImport() {
    if (!dialog.open) open();
    showPart(/** @type {HTMLElement} */ (importPart));
    importer.focus();
  }

  function open() {
    if (dialog.open) return;
    showPart(/** @type {HTMLElement} */ (drawPart));
    message = "";
    button("present").disabled = present() === null;
    dialog.showModal();
    show();
    tools.start();
    canvas.focus({ preventScroll: true });
  }

  function copyPresent() {
    const set = present();
    if (!set) return;
    edit(set);
    message = phrase("own.copied", { points: phrase("count.points", { count: set.points.length }) });
    show();
  }

  function download() {
    const url = URL.createObjectURL(new Blob([writeCsv(toRows(drawing.present))], { type: "text/csv" }));
    create("a", { href: url, download: "points.csv" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  /** @type {Record<string, () => void>} */
  const performs = {
    close: () => dialog.close(),
    cancel: () => dialog.close(),
    use() {
      onUse(drawing.present);
      dialog.close();
    },
    undo: () => travel(undone),
    redo: () => travel(redone),
    clear: () => edit({ ...drawing.present, points: [] }),
    present: copyPresent,
    table: showImport,
    export: download,
    back() {
      showPart(drawPart);
      show();
      button("table").focus();
    },
  };
  for (const each of findAll(dialog, "[data-own]", HTMLButtonElement)) {
    const perform = performs[each.dataset.own ?? ""];
    if (perform) each.addEventListener("click", perform, { signal });
  }

  /** @param {typeof undone} step */
  function travel(step) {
    const before = drawing;
    drawing = step(drawing);
    if (drawing === before) return;
    message = "";
    changed();
    announce(phrase("own.points-now", { points: pointsNow() }));
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    const key = event.key.toLowerCase();
    if (drawPart?.hidden || event.defaultPrevented || event.altKey) return;
    if (event.ctrlKey || event.metaKey) {
      if (key !== "z" && key !== "y") return;
      event.preventDefault();
      travel(key === "y" || event.shiftKey ? redone : undone);
      return;
    }
    if (tools.press(key, drawing.present.kind)) event.preventDefault();
  }

  dialog.addEventListener("keydown", pressed, { signal });
  dialog.addEventListener(
    "cancel",
    (event) => {
      if (importPart.hidden) return;
      event.preventDefault();
      performs.back?.();
    },
    { signal },
  );
  dialog.addEventListener(
    "paste",
    (event) => {
      if (event.target instanceof HTMLTextAreaElement) return;
      const text = event.clipboardData?.getData("text") ?? "";
      if (text === "") return;
      event.preventDefault();
      showImport();
      importer.readText(text);
    },
    { signal },
  );

  /** @param {File} file a table */
  function readFile(file) {
    showImport();
    importer.readFile(file);
  }

  return {
    open,
    readFile,
    update(next) {
      enabled = next.enabled;
      if (dialog.open) show();
    },
    paint(next) {
      palettes = next;
      importer.paint(next);
      show();
      strokes.refresh();
    },
    destroy() {
      scope.abort();
      for (const inner of [board, tools, strokes, importer]) inner.destroy();
    },
  };
}
