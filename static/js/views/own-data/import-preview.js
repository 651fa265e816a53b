/** The preview of an import: first rows, lines that are left out, and the scaling of rows to points. */

import { context2d, sizeCanvas } from "../../lib/dom/canvas.js";
import { create, find, findAll, setText } from "../../lib/dom/dom.js";
import { createSvg } from "../../lib/dom/svg.js";
import { markPath } from "../../lib/draw/class-shapes.js";
import { paintDots } from "../../lib/draw/paint-points.js";
import { phrase } from "../../lib/text/i18n.js";
import { formula, measure, objection, toPoints } from "../../own-data/point-scaling.js";
import { countOutside, judge, MOST_POINTS } from "../../own-data/point-set.js";

/** @import { Colors } from "../../lib/draw/paint-points.js" */
/** @import { Wishes } from "../../own-data/point-scaling.js" */
/** @import { PointSet } from "../../own-data/point-set.js" */
/** @import { Label, Table } from "../../own-data/tables/table-reader.js" */

/** Side of the picture, in CSS pixels. */
const SIDE = 150;
/** A set with coordinates smaller than this is fitted to the picture by default. */
const SMALL = 1;
/** Placeholder in a sentence for the mark of a class. */
const MARK = "\u0000";

/**
 * @typedef {object} ImportOptions
 * @property {readonly [number, number]} region
 * @property {(set: PointSet, sentence: string) => void} onTake
 */

/**
 * @param {HTMLElement} element the part of the dialog that imports
 * @param {ImportOptions} options
 */
export function createPreview(element, { region: [low, high], onTake }) {
  const scope = new AbortController();
  const { signal } = scope;
  const preview = find(element, ".own__found", HTMLElement);
  const outcome = find(element, ".own__outcome", HTMLElement);
  const take = find(element, '[data-own="take"]', HTMLButtonElement);
  const picture = find(element, ".own__picture", HTMLCanvasElement);
  const part = (/** @type {string} */ name) => find(preview, `[data-wish="${name}"]`, HTMLElement);
  /** @type {Table | null} */
  let table = null;
  /** @type {PointSet | null} */
  let points = null;
  /** @type {Colors | null} */
  let colors = null;
  /** The names of choices that the person has made, which stay for every reading of the same source. */
  let chosen = /** @type {Set<string>} */ (new Set());

  function clear() {
    table = null;
    points = null;
    preview.hidden = true;
    setText(outcome, "");
    setText(take, phrase("import.take"));
    take.disabled = true;
  }

  /** @param {Table} found */
  function show(found) {
    table = found;
    preview.hidden = false;
    setText(find(preview, ".own__note", HTMLElement), found.note);
    showLeftOut(found);
    showSample(found);
    const { largest, beyond, axes } = measure(found);
    const tiny = Math.max(...axes.map(({ factor }) => 5 / factor)) < SMALL;
    enable("own-import-kind", "classes", found.labels !== null);
    enable("own-import-kind", "values", found.values !== null);
    choose("own-import-kind", found.kind);
    choose("own-fit", beyond > 0 || tiny ? "fit" : "keep");
    choose("own-fit-values", largest > 1 ? "fit" : "keep");
    part("pick").hidden = found.rows.length <= MOST_POINTS;
    setText(
      find(part("pick"), "legend", HTMLElement),
      phrase("import.too-many", { rows: found.rows.length, most: MOST_POINTS }),
    );
    decide();
  }

  /** @param {Table} found */
  function showLeftOut({ leftOut, leftOutCount }) {
    const box = find(preview, ".own__faults", HTMLElement);
    box.hidden = leftOutCount === 0;
    const more = leftOutCount - leftOut.length;
    setText(find(box, ".own__faults-title", HTMLElement), phrase("import.left-out", { count: leftOutCount }));
    find(box, ".own__faults-list", HTMLElement).replaceChildren(
      ...leftOut.map(({ line, message }) =>
        create("li", {}, phrase("import.left-out-line", { line, reason: message })),
      ),
      ...(more > 0 ? [create("li", {}, phrase("import.more-left-out", { more }))] : []),
    );
  }

  /** @param {Table} found */
  function showSample({ columns, sample }) {
    const [head, body] = [find(preview, "thead", HTMLElement), find(preview, "tbody", HTMLElement)];
    const cut = (/** @type {string} */ cell) => (cell.length > 12 ? `${cell.slice(0, 11)}\u2026` : cell);
    const roles = ["x1", "x2", phrase("import.target")];
    /**
     * @param {string} name of a column
     * @param {number} at
     */
    const titleOf = (name, at) => {
      const role = roles[at] ?? "";
      return role === name ? [name] : [create("span", { class: "own__role" }, role), cut(name)];
    };
    head.replaceChildren(
      create("tr", {}, ...columns.map((name, at) => create("th", { scope: "col" }, ...titleOf(name, at)))),
    );
    body.replaceChildren(
      ...sample.map((cells) => create("tr", {}, ...cells.map((cell) => create("td", {}, cut(cell))))),
    );
  }

  /**
   * Selects the suggested option, unless the person has chosen one that is still possible.
   * @param {string} name
   * @param {string} value
   */
  function choose(name, value) {
    const radios = findAll(preview, `[name="${name}"]`, HTMLInputElement);
    if (chosen.has(name) && radios.some((radio) => radio.checked && !radio.disabled)) return;
    for (const radio of radios) radio.checked = radio.value === value;
  }

  /**
   * @param {string} name
   * @param {string} value
   * @param {boolean} enabled
   */
  function enable(name, value, enabled) {
    find(preview, `[name="${name}"][value="${value}"]`, HTMLInputElement).disabled = !enabled;
  }

  /** @returns {Wishes} */
  function wishes() {
    const checked = (/** @type {string} */ name) =>
      findAll(preview, `[name="${name}"]`, HTMLInputElement).find((radio) => radio.checked)?.value;
    return {
      kind: checked("own-import-kind") === "values" ? "values" : "classes",
      fit: checked("own-fit") === "fit",
      fitValues: checked("own-fit-values") === "fit",
      pick: checked("own-pick") === "first" ? "first" : "random",
    };
  }

  /** Shows the points that result from the choices. */
  function decide() {
    if (!table) return;
    const wished = wishes();
    const { axes, value, beyond } = measure(table);
    const mapping = find(preview, ".own__mapping", HTMLElement);
    mapping.replaceChildren(...(wished.kind === "classes" ? (table.labels ?? []).map(mappingEntry) : []));
    const lines = [formula("x1", axes[0]), formula("x2", axes[1])];
    const kept =
      beyond > 0
        ? phrase("import.beyond", { points: phrase("count.points", { count: beyond }) })
        : phrase("import.inside");
    setText(
      find(part("fit"), ".own__formula", HTMLElement),
      wished.fit ? phrase("import.formulas", { x1: lines[0] ?? "", x2: lines[1] ?? "" }) : kept,
    );
    part("fitValues").hidden = wished.kind !== "values";
    setText(
      find(part("fitValues"), ".own__formula", HTMLElement),
      wished.fitValues && value
        ? phrase("import.formula", { formula: formula(phrase("import.value"), value) })
        : phrase("import.colours"),
    );
    const against = objection(table, wished);
    points = against === null && table.rows.length > 0 ? toPoints(table, wished) : null;
    take.disabled = points === null;
    setText(
      take,
      points
        ? phrase("import.take-points", { points: phrase("count.points", { count: points.points.length }) })
        : phrase("import.take"),
    );
    setText(outcome, against ?? (points ? sayPoints(points, table) : phrase("import.nothing")));
    paint();
  }

  /**
   * @param {PointSet} set
   * @param {Table} of
   * @returns {string}
   */
  function sayPoints(set, { rows }) {
    const some =
      set.points.length < rows.length
        ? phrase("import.some-rows", { some: set.points.length, all: rows.length })
        : "";
    const { refusal, remarks } = judge(set);
    return [`${some}${refusal ?? phrase("import.replaces")}`, ...remarks].join(" ");
  }

  /** @param {Label} label */
  function mappingEntry({ text: written, label, count }) {
    const svg = createSvg("svg", { class: "own__mark", viewBox: "-8 -8 16 16", "aria-hidden": "true" });
    const path = createSvg("path", { d: markPath(label, 4.8) });
    path.style.setProperty("fill", `var(--class-${label})`);
    svg.append(path);
    const name = create("b", {}, written.length > 20 ? `${written.slice(0, 19)}\u2026` : written);
    const points = phrase("count.points", { count });
    const [before = "", after = ""] = phrase("import.mapping", { mark: MARK, label, points }).split(MARK);
    return create("li", {}, name, before, svg, after);
  }

  function paint() {
    sizeCanvas(picture, SIDE, SIDE);
    if (!colors || !points) return;
    const inside = { ...points, points: points.points.slice(0, MOST_POINTS) };
    paintDots(context2d(picture), inside, { low, high, side: SIDE }, { colors, size: 3 });
    picture.title = countOutside(points.points) > 0 ? phrase("import.some-outside") : "";
  }

  preview.addEventListener(
    "change",
    ({ target }) => {
      if (target instanceof HTMLInputElement) chosen.add(target.name);
      decide();
    },
    { signal },
  );
  take.addEventListener(
    "click",
    () => {
      if (!points || !table) return;
      const [some, all] = [points.points.length, table.rows.length];
      onTake(points, phrase(some < all ? "import.took-some" : "import.took", { some, all }));
    },
    { signal },
  );

  return {
    show,
    clear,
    /** Resets the choices for another source. */
    begin() {
      chosen = new Set();
      clear();
    },
    /** @param {Colors} next */
    paint(next) {
      colors = next;
      paint();
    },
    destroy: () => scope.abort(),
  };
}
