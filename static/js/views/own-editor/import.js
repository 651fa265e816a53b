/** The import of a table: a file or a pasted text, what was understood of it, and what is still to be chosen. */

import { context2d, sizeCanvas } from "../../lib/canvas.js";
import { looksBinary } from "../../lib/csv.js";
import { create, find, findAll, setText } from "../../lib/dom.js";
import { formatPlain } from "../../lib/format.js";
import { phrase } from "../../lib/language.js";
import { markPath } from "../../lib/marks.js";
import { paintDots } from "../../lib/paint-points.js";
import { formula, measure, objection, toPoints } from "../../lib/point-scaling.js";
import { countOutside, judge, MOST_POINTS } from "../../lib/point-set.js";
import { readTable } from "../../lib/point-table.js";
import { createSvg } from "../../lib/svg.js";
import { throttle } from "../../lib/timing.js";

/** @import { Colors } from "../../lib/paint-points.js" */
/** @import { Wishes } from "../../lib/point-scaling.js" */
/** @import { PointSet } from "../../lib/point-set.js" */
/** @import { Label, Table } from "../../lib/point-table.js" */

/** Larger files are not read. */
const MOST_BYTES = 5_000_000;
/** As much of a file shows whether it is text. */
const BEGINNING = 65_536;
/** A longer text is read, but not put into the field; and browsers are slow to paste one of so many signs by themselves. */
const LONG_TEXT = 100_000;
const LONG_PASTE = 2000;
/** Least time between two readings of a text that is being typed, in milliseconds. */
const TYPING_PAUSE = 300;
/** Side of the picture, in CSS pixels. */
const SIDE = 150;
/** A set that fills less than this part of the picture had better be fitted. */
const SMALL = 1;
/** Stands in a sentence where the mark of a class is put. */
const MARK = "\u0000";

/**
 * @typedef {object} ImportOptions
 * @property {readonly [number, number]} region
 * @property {(set: PointSet, sentence: string) => void} onTake
 */

/**
 * @param {HTMLElement} element
 * @param {ImportOptions} options
 */
export function createImport(element, { region: [low, high], onTake }) {
  const scope = new AbortController();
  const { signal } = scope;
  const heading = find(element, ".own__source .own__sub", HTMLElement);
  const file = find(element, "#own-file", HTMLInputElement);
  const text = find(element, "#own-text", HTMLTextAreaElement);
  const problem = find(element, ".own__problem", HTMLElement);
  const reading = find(element, ".own__reading", HTMLElement);
  const preview = find(element, ".own__preview", HTMLElement);
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
  /** Grows with every source, so that a slow one does not overtake a later one. */
  let sources = 0;

  /** @param {string} sentence */
  function refuse(sentence) {
    table = null;
    points = null;
    setText(reading, "");
    setText(problem, sentence);
    problem.hidden = sentence === "";
    preview.hidden = true;
    setText(outcome, "");
    setText(take, phrase("import.take"));
    take.disabled = true;
  }

  /**
   * @param {string} source
   * @param {string} name what it is called
   */
  function read(source, name) {
    if (source.length > MOST_BYTES) {
      refuse(`${name} has ${megabytes(source.length)}: at most ${megabytes(MOST_BYTES)} can be read.`);
      return;
    }
    const answer = readTable(source);
    if (answer.table === null) {
      refuse(`${name}: ${answer.problem}`);
      return;
    }
    refuse("");
    table = answer.table;
    show(table, name);
  }

  /**
   * @param {Table} found
   * @param {string} name
   */
  function show(found, name) {
    preview.hidden = false;
    const values = { name, points: phrase("count.points", { count: found.rows.length }) };
    const lines = phrase("count.lines", { count: found.faultCount });
    setText(
      find(preview, ".own__name", HTMLElement),
      found.faultCount > 0
        ? phrase("import.found-without", { ...values, lines })
        : phrase("import.found", values),
    );
    setText(find(preview, ".own__how", HTMLElement), found.how);
    showFaults(found);
    showSample(found);
    const { farthest, largest, beyond, axes } = measure(found);
    const tiny = Math.max(...axes.map(({ factor }) => 5 / factor)) < SMALL;
    choose("own-import-kind", found.kind);
    choose("own-fit", beyond > 0 || tiny ? "fit" : "keep");
    choose("own-fit-values", largest > 1 ? "fit" : "keep");
    enable("own-import-kind", "classes", found.labels !== null);
    enable("own-import-kind", "values", found.values !== null);
    part("kind").dataset.farthest = formatPlain(farthest);
    part("pick").hidden = found.rows.length <= MOST_POINTS;
    setText(
      find(part("pick"), "legend", HTMLElement),
      phrase("import.too-many", { rows: found.rows.length, most: MOST_POINTS }),
    );
    decide();
  }

  /** @param {Table} found */
  function showFaults({ faults, faultCount }) {
    const box = find(preview, ".own__faults", HTMLElement);
    box.hidden = faultCount === 0;
    const more = faultCount - faults.length;
    setText(find(box, ".own__faults-title", HTMLElement), phrase("import.faults", { count: faultCount }));
    find(box, ".own__faults-list", HTMLElement).replaceChildren(
      ...faults.map(({ line, message }) =>
        create("li", {}, phrase("import.fault", { line, fault: message })),
      ),
      ...(more > 0 ? [create("li", {}, phrase("import.more-faults", { more }))] : []),
    );
  }

  /** @param {Table} found */
  function showSample({ columns, sample }) {
    const [head, body] = [find(preview, "thead", HTMLElement), find(preview, "tbody", HTMLElement)];
    const cut = (/** @type {string} */ cell) => (cell.length > 12 ? `${cell.slice(0, 11)}\u2026` : cell);
    head.replaceChildren(
      create("tr", {}, ...columns.map((name) => create("th", { scope: "col" }, cut(name)))),
    );
    body.replaceChildren(
      ...sample.map((cells) => create("tr", {}, ...cells.map((cell) => create("td", {}, cut(cell))))),
    );
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  function choose(name, value) {
    for (const radio of findAll(preview, `[name="${name}"]`, HTMLInputElement))
      radio.checked = radio.value === value;
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
    const chosen = (/** @type {string} */ name) =>
      findAll(preview, `[name="${name}"]`, HTMLInputElement).find((radio) => radio.checked)?.value;
    return {
      kind: chosen("own-import-kind") === "values" ? "values" : "classes",
      fit: chosen("own-fit") === "fit",
      fitValues: chosen("own-fit-values") === "fit",
      pick: chosen("own-pick") === "first" ? "first" : "random",
    };
  }

  /** What the choices come to. */
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
    const { refusal } = judge(set);
    return `${some}${refusal ?? phrase("import.replaces")}`;
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

  /**
   * @param {File} chosen
   */
  async function readFile(chosen) {
    const source = ++sources;
    const name = chosen.name.length > 40 ? `${chosen.name.slice(0, 39)}\u2026` : chosen.name;
    refuse("");
    if (chosen.size > MOST_BYTES) {
      refuse(phrase("import.too-large", { name, size: megabytes(chosen.size), most: megabytes(MOST_BYTES) }));
      return;
    }
    setText(reading, phrase("import.reading", { name }));
    try {
      const beginning = await chosen.slice(0, BEGINNING).text();
      if (source !== sources) return;
      if (beginning.startsWith("PK")) {
        refuse(phrase("import.workbook", { name }));
        return;
      }
      if (looksBinary(beginning)) {
        refuse(phrase("import.binary", { name }));
        return;
      }
      const content = await chosen.text();
      if (source === sources) read(content, name);
    } catch {
      if (source === sources) refuse(phrase("import.unreadable", { name }));
    }
  }

  const readTyped = throttle((/** @type {string} */ typed) => {
    if (typed.trim() === "") refuse("");
    else read(typed, phrase("import.the-text"));
  }, TYPING_PAUSE);

  /** @param {string} pasted */
  function readText(pasted) {
    sources += 1;
    if (pasted.length > LONG_TEXT) {
      text.value = "";
      read(pasted, phrase("import.pasted-text"));
      return;
    }
    text.value = pasted;
    read(pasted, phrase("import.pasted-text"));
  }

  file.addEventListener(
    "change",
    () => {
      const [chosen] = file.files ?? [];
      if (chosen) readFile(chosen);
    },
    { signal },
  );
  text.addEventListener(
    "input",
    () => {
      sources += 1;
      readTyped.push(text.value);
    },
    { signal },
  );
  text.addEventListener(
    "paste",
    (event) => {
      const pasted = event.clipboardData?.getData("text") ?? "";
      if (pasted.length <= LONG_PASTE) return;
      event.preventDefault();
      if (pasted.length > LONG_TEXT) {
        readText(pasted);
        return;
      }
      text.setRangeText(pasted, text.selectionStart, text.selectionEnd, "end");
      text.dispatchEvent(new Event("input"));
    },
    { signal },
  );
  preview.addEventListener("change", decide, { signal });
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
    readFile,
    readText,
    focus: () => heading.focus(),
    /** @param {Colors} next */
    paint(next) {
      colors = next;
      paint();
    },
    destroy() {
      readTyped.cancel();
      scope.abort();
    },
  };
}

/**
 * @param {number} bytes
 * @returns {string}
 */
function megabytes(bytes) {
  return `${formatPlain(Number((bytes / 1e6).toPrecision(2)))} MB`;
}
