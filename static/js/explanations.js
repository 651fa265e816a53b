/** What everything on the page means: words and formulas of the catalogue, found by topic. Pure functions and data. */

/**
 * @import { Catalog, CatalogField, Choice, Experiment } from "./types/app.js"
 */

import { getField } from "./experiment.js";
import { formatPlain } from "./lib/format.js";
import { fromWireName } from "./protocol.js";

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
 * @property {string} note which values there are, and what a change does; may be empty
 * @property {Entry | null} chosen the row that is chosen now
 * @property {Entry[]} options numbers that belong to that row
 * @property {Entry[]} others rows that could be chosen instead
 */

/**
 * @typedef {{ kind: "field", name: string }
 *   | { kind: "option", choice: string, name: string }
 *   | { kind: "row", list: "datasets" | "features", key: string }
 *   | { kind: "place", name: string }} Topic
 */

/** What is no setting: where it is on the page, its name, and what it is. */
const PLACES = /** @type {const} */ ({
  play: [
    '[data-action="play"]',
    "Play and pause",
    "Trains on and on, at the chosen speed, until you pause it.",
  ],
  step: [
    '[data-action="step"]',
    "One epoch",
    "Trains until every training point has had its turn once, then pauses.",
  ],
  batch: [
    '[data-action="step-batch"]',
    "One batch",
    "Takes the next handful of training points and changes the weights once: a single step.",
  ],
  reset: [
    '[data-action="reset"]',
    "Reset",
    "Goes back to the same first weights. Settings and points stay, so the same run follows.",
  ],
  weights: [
    '[data-action="new-weights"]',
    "New weights",
    "Draws another weight seed and starts anew: the same task from another starting point.",
  ],
  regenerate: [
    "#regenerate",
    "Regenerate",
    "Draws another data seed: other points of the same kind. The network starts anew.",
  ],
  epoch: [
    ".counter",
    "Epoch",
    "How often every training point has had its turn; below, how many epochs a second are trained just now.",
  ],
  speed: [
    ".transport__speed",
    "Speed",
    "How many epochs to train each second. It changes nothing but the time you have for watching.",
  ],
  layers: [
    ".network__count",
    "Hidden layers",
    "Layers of units between the features and the output. Each combines what the layer before it has found.",
  ],
  network: [
    ".diagram__stage",
    "The network",
    "Every square is a unit and shows its output all over the plane. Lines are weights: the thicker, the stronger; blue is positive, orange negative. The small square at a unit is its bias. Press a line to set its weight.",
  ],
  scores: [
    ".scores",
    "Loss and accuracy",
    "The loss says how wrong the network is, 0 is perfect; accuracy is the share of points it puts in the right class, and R² the share of the variation it explains. Test points were never learned from: only they tell whether it understood.",
  ],
  map: [
    "#plot",
    "The large map",
    "What the network answers for every point of the plane, as a colour, with the training points on top. Where ground and points agree, it is right.",
  ],
  test: [
    "label:has(#show-test)",
    "Show test data",
    "Puts the points on the map that the network does not learn from.",
  ],
  discretize: [
    "label:has(#discretize)",
    "Discretize output",
    "Shows only which class is chosen, and no longer how sure the network is of it.",
  ],
  keep: [
    "label:has(#keep)",
    "Keep what it has learned",
    "When units, layers or features come or go, the network goes on with the weights it has, and new weights begin so that its answer changes as little as possible. Without it, it starts anew, so that the same settings always give the same run.",
  ],
  words: [
    ".insight__summary",
    "In words and numbers",
    "The map described as a text, and a table of how many points of each class are taken for which. On its diagonal are those that are right.",
  ],
  loss: [
    "#loss-chart",
    "The loss chart",
    "Training and test loss after every epoch. The band between them is the gap; small triangles mark where settings were changed. Point at it, or use the arrow keys, to read exact values.",
  ],
  logarithmic: [
    ".loss__scales",
    "Logarithmic",
    "Equal distances for equal ratios: of the loss, to see small values; of the epochs, to see the beginning.",
  ],
});

/** Where those places are, for whoever looks for them. */
export const PLACE_SELECTORS = [
  { name: "problem", selector: ".field:has(> #problem)" },
  ...Object.entries(PLACES).map(([name, [selector]]) => ({ name, selector })),
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
      const place = Object.entries(PLACES).find(([name]) => name === topic.name);
      return place ? plain(place[1][1], place[1][2]) : null;
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
  const text = "What the network has to learn; each kind has datasets of its own.";
  return { ...plain("Problem type", text), others: catalog.choices.problems.map(entryOf) };
}

/**
 * @param {Catalog} catalog
 * @param {Experiment} experiment
 * @param {string} wireName
 * @returns {Explanation | null}
 */
function ofField(catalog, experiment, wireName) {
  const path = fromWireName(wireName);
  const field = catalog.fields[path];
  if (!field) return null;
  const rows = field.choices ? rowsOf(catalog, field.choices) : [];
  const value = getField(experiment, path);
  const row = rows.find(({ key }) => key === value) ?? null;
  const effect = field.live ? "Can be changed while it trains." : "A change starts the network anew.";
  return {
    ...plain(field.label, field.text),
    note: [rangeOf(field), effect].filter(Boolean).join(" "),
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
  const path = fromWireName(choice);
  const list = catalog.fields[`${path}Options`]?.choices;
  const key = getField(experiment, path);
  const row = list ? rowsOf(catalog, list).find((other) => other.key === key) : undefined;
  const option = row?.options.find((other) => other.name === name);
  if (!row || !option) return null;
  const { minimum, maximum, default: usual } = option;
  const note = `${formatPlain(minimum)} \u2026 ${formatPlain(maximum)}, at first ${formatPlain(usual)}.`;
  return { ...plain(option.label, option.text), note, chosen: entryOf(row) };
}

/**
 * @param {Catalog} catalog
 * @param {string} list
 * @returns {Choice[]}
 */
function rowsOf(catalog, list) {
  const lists = /** @type {Record<string, Choice[]>} */ (/** @type {unknown} */ (catalog.choices));
  return lists[list] ?? [];
}

/**
 * @param {{ label: string, text: string, formula?: string | null }} row
 * @returns {Entry}
 */
function entryOf({ label, text, formula }) {
  return { label, text, formula: shownFormula(formula) };
}

/**
 * A dash stands for no formula.
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
  const end = maximum === null || maximum === undefined ? "" : ` ${formatPlain(maximum)}`;
  return `${formatPlain(minimum)} \u2026${end}, at first ${formatPlain(usual)}.`;
}
