/** The choices of how a table is read, as labelled selects: ambiguous ones are shown as questions, others are collapsed. */

import { create, find, findAll, setText } from "../../lib/dom/dom.js";
import { phrase } from "../../lib/text/i18n.js";

/** @import { Aspect, Choice } from "../../own-data/tables/table-reader.js" */

/** @typedef {Partial<Record<Aspect, string>>} Wishes */

/** The aspects that are columns; a column can have only one of them. */
const COLUMNS = /** @type {const} */ (["x1", "x2", "target"]);
const isColumn = (/** @type {Aspect} */ aspect) => COLUMNS.some((column) => column === aspect);
/** Longer names and samples are cut. */
const LONG = 60;

/**
 * @param {HTMLElement} element
 * @param {{ onChange: () => void }} options called when another option was chosen
 */
export function createChoices(element, { onChange }) {
  const scope = new AbortController();
  const questions = find(element, ".own__questions", HTMLElement);
  const settled = find(element, ".own__decided", HTMLDetailsElement);
  const how = find(settled, ".own__how", HTMLElement);
  const fields = new Map(
    findAll(element, "[data-aspect]", HTMLElement).map((field) => [field.dataset.aspect, field]),
  );
  /** @type {Choice[]} */
  let shown = [];
  /** @type {Wishes} */
  let wishes = {};
  /** The aspects shown as questions. One that the person has chosen stays there, so that it keeps the focus. */
  let asked = /** @type {Set<Aspect>} */ (new Set());

  const valueNow = (/** @type {Aspect} */ aspect) => shown.find((choice) => choice.aspect === aspect)?.value;

  /**
   * @param {Aspect} aspect
   * @param {string} value
   */
  function wish(aspect, value) {
    if (aspect === "separator") {
      // Another separator gives other columns.
      wishes = { ...wishes, x1: undefined, x2: undefined, target: undefined, separator: value };
      return;
    }
    if (isColumn(aspect)) {
      // Only the chosen aspect changes: the others keep their columns, or get the column that became free.
      for (const column of COLUMNS)
        wishes[column] = valueNow(column) === value ? valueNow(aspect) : valueNow(column);
    }
    wishes = { ...wishes, [aspect]: value };
  }

  /** @param {Choice} choice */
  function fill({ aspect, value, asked: open, reason, options }) {
    const field = fields.get(aspect);
    if (!field) throw new Error(`There is no field for ${aspect}`);
    const select = find(field, "select", HTMLSelectElement);
    select.replaceChildren(
      ...options.map((option) => create("option", { value: option.value }, describe(aspect, option))),
    );
    select.value = value;
    const guessed = open && wishes[aspect] === undefined;
    setText(find(field, ".own__reason", HTMLElement), guessed ? phrase("import.guessed", { reason }) : "");
    if (wishes[aspect] !== undefined) return;
    if (open) asked.add(aspect);
    else asked.delete(aspect);
  }

  /**
   * Puts the fields of some choices into a box, in their order.
   * @param {HTMLElement} box
   * @param {Choice[]} choices
   */
  function place(box, choices) {
    const list = find(box, ".own__aspects", HTMLElement);
    const wanted = choices
      .filter(({ options }) => options.length > 1)
      .flatMap(({ aspect }) => fields.get(aspect) ?? []);
    box.hidden = wanted.length === 0;
    if (wanted.length === list.children.length && wanted.every((field, at) => list.children[at] === field))
      return;
    const focused = document.activeElement;
    list.replaceChildren(...wanted);
    if (focused instanceof HTMLSelectElement && list.contains(focused)) focused.focus();
  }

  element.addEventListener(
    "change",
    ({ target }) => {
      if (!(target instanceof HTMLSelectElement)) return;
      const choice = shown.find(({ aspect }) => fields.get(aspect)?.contains(target));
      if (!choice) return;
      wish(choice.aspect, target.value);
      onChange();
    },
    { signal: scope.signal },
  );

  return {
    wishes: () => wishes,
    /** Resets the choices for another source. */
    begin() {
      wishes = {};
      asked = new Set();
      settled.open = false;
    },
    /**
     * @param {Choice[]} choices
     * @param {{ open: boolean }} state whether to show all choices
     * @returns {boolean} whether there is anything to choose
     */
    update(choices, { open }) {
      shown = choices;
      for (const choice of choices) fill(choice);
      place(
        questions,
        choices.filter(({ aspect }) => asked.has(aspect)),
      );
      place(
        settled,
        choices.filter(({ aspect }) => !asked.has(aspect)),
      );
      // The columns are named above the first rows.
      setText(how, summarize(choices.filter(({ aspect }) => !asked.has(aspect) && !isColumn(aspect))));
      if (open) settled.open = true;
      return !questions.hidden || !settled.hidden;
    },
    /** How the table is read: all choices in one line. */
    summary: () => summarize(shown),
    destroy: () => scope.abort(),
  };
}

/**
 * The label of an option: its name and a sample, such as the first values of a column.
 * @param {Aspect} aspect
 * @param {Choice["options"][number]} option
 * @returns {string}
 */
function describe(aspect, { label, sample }) {
  const name = cut(label);
  if (sample === "") return name;
  return phrase(isColumn(aspect) ? "import.column" : "import.option", { name, sample: cut(sample) });
}

/**
 * @param {Choice[]} choices
 * @returns {string}
 */
function summarize(choices) {
  return choices
    .map(({ aspect, value, options }) => {
      const chosen = options.find((option) => option.value === value);
      return phrase(`import.how-${aspect}`, { value: cut(chosen?.label ?? value) });
    })
    .join(phrase("import.between"));
}

/** @param {string} text */
function cut(text) {
  return text.length > LONG ? `${text.slice(0, LONG - 1)}\u2026` : text;
}
