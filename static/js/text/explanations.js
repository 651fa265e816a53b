/** Explanations of everything on the page, from the catalog, found by topic. Pure functions and data. */

/**
 * @import { Catalog, CatalogField, Experiment } from "../types/app.js"
 */

import { formatPlain } from "../lib/text/format.js";
import { phrase } from "../lib/text/i18n.js";
import { getField, rowsOf } from "../model/experiment.js";

/**
 * @typedef {object} Entry
 * @property {string} label
 * @property {string} formula empty if it has none
 * @property {string} text
 */

/**
 * @typedef {object} Explanation
 * @property {string} title
 * @property {string} formula empty if it has none
 * @property {string} text
 * @property {string} note the range, and the effect of a change; may be empty
 * @property {Entry | null} chosen the chosen row
 * @property {Entry[]} options numbers of that row
 * @property {Entry[]} others the other rows
 */

/**
 * @typedef {{ kind: "field", name: string }
 *   | { kind: "option", choice: string, name: string }
 *   | { kind: "row", list: "datasets" | "features", key: string }
 *   | { kind: "place", name: string }} Topic
 */

/** Selectors of things that are no settings. Title and explanation are texts of the language. */
const PLACES = /** @type {const} */ ({
  play: '[data-action="play"]',
  step: '[data-action="step"]',
  batch: '[data-action="step-batch"]',
  reset: '[data-action="reset"]',
  weights: '[data-action="new-weights"]',
  regenerate: "#regenerate",
  epoch: ".counter",
  speed: ".transport__speed",
  layers: ".network__count",
  network: ".diagram__stage",
  scores: ".scores",
  map: "#plot",
  test: "label:has(#show-test)",
  discretize: "label:has(#discretize)",
  keep: "label:has(#keep)",
  words: ".insight__summary",
  loss: "#loss-chart",
  logarithmic: ".loss__scales",
});

/** Selectors of all that can be explained by place. */
export const PLACE_SELECTORS = [
  { name: "problem", selector: ".field:has(> #problem)" },
  ...Object.entries(PLACES).map(([name, selector]) => ({ name, selector })),
];

/**
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @param {Topic} topic
 * @returns {Explanation | null}
 */
export function explanationOf(catalog, experiment, topic) {
  switch (topic.kind) {
    case "field":
      return ofField(catalog, experiment, topic.name);
    case "option":
      return ofOption(catalog, experiment, topic.choice, topic.name);
    case "row": {
      const row = rowsOf(catalog, topic.list).find(({ key }) => key === topic.key);
      return row ? plain(row.label, row.text, row.formula) : null;
    }
    case "place": {
      if (topic.name === "problem") return ofProblem(catalog);
      if (!(topic.name in PLACES)) return null;
      const about = `explanations.${topic.name}`;
      return plain(phrase(`${about}.title`), phrase(`${about}.text`));
    }
  }
}

/**
 * @param {string} title
 * @param {string} text
 * @param {string} [formula]
 * @returns {Explanation}
 */
function plain(title, text, formula = "") {
  return { title, text, formula: shownFormula(formula), note: "", chosen: null, options: [], others: [] };
}

/** @param {Catalog} catalog */
function ofProblem(catalog) {
  const title = phrase("explanations.problem.title");
  return {
    ...plain(title, phrase("explanations.problem.text")),
    others: catalog.choices.problems.map(entryOf),
  };
}

/**
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @param {string} path
 * @returns {Explanation | null}
 */
function ofField(catalog, experiment, path) {
  const field = catalog.fields[path];
  if (!field) return null;
  const rows = rowsOf(catalog, field.choices);
  const value = getField(experiment, path);
  const row = rows.find(({ key }) => key === value) ?? null;
  const effect = phrase(field.live ? "explanations.live" : "explanations.anew");
  return {
    ...plain(field.label, field.text),
    note: [rangeOf(field), effect].filter(Boolean).join(phrase("explanations.between")),
    chosen: row && entryOf(row),
    options: row ? row.options.map(entryOf) : [],
    others: rows.filter((other) => other !== row).map(entryOf),
  };
}

/**
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @param {string} choice
 * @param {string} name
 * @returns {Explanation | null}
 */
function ofOption(catalog, experiment, choice, name) {
  const key = getField(experiment, choice);
  const rows = rowsOf(catalog, catalog.fields[`${choice}_options`]?.choices);
  const row = rows.find((other) => other.key === key);
  const option = row?.options.find((other) => other.name === name);
  if (!row || !option) return null;
  const { minimum, maximum, default: usual } = option;
  const note = rangeText(minimum, maximum, usual);
  return { ...plain(option.label, option.text), note, chosen: entryOf(row) };
}

/**
 * @param {{ label: string, text: string, formula?: string | null }} row
 * @returns {Entry}
 */
function entryOf({ label, text, formula }) {
  return { label, text, formula: shownFormula(formula) };
}

/**
 * The formula, or empty for a dash.
 * @param {string | null | undefined} formula
 * @returns {string}
 */
function shownFormula(formula) {
  return formula && formula !== "\u2013" ? formula : "";
}

/**
 * @param {CatalogField} field
 * @returns {string}
 */
function rangeOf({ kind, minimum, maximum, default: usual }) {
  if (kind !== "number" && kind !== "integer") return "";
  if (minimum === null || minimum === undefined || typeof usual !== "number") return "";
  return rangeText(minimum, maximum ?? null, usual);
}

/**
 * @param {number} minimum
 * @param {number | null} maximum
 * @param {number} usual
 */
function rangeText(minimum, maximum, usual) {
  const high = maximum === null ? "" : formatPlain(maximum);
  return phrase("explanations.range", { low: formatPlain(minimum), high, usual: formatPlain(usual) });
}
