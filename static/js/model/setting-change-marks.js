/** Marks of settings that were changed during training, by epoch. */

/**
 * @import { Catalog, Experiment, SettingMark } from "../types/app.js"
 */

import { formatPlain } from "../lib/text/format.js";
import { phrase } from "../lib/text/i18n.js";
import { getField, rowsOf } from "./experiment.js";

/**
 * The text of a field's value.
 * @param {Catalog} catalog
 * @param {string} path
 * @param {unknown} value
 * @returns {string}
 */
export function valueText(catalog, path, value) {
  const field = catalog.fields[path];
  if (Array.isArray(value)) {
    const between = typeof value[0] === "number" ? "\u2013" : phrase("list.between");
    return value.map((item) => valueText(catalog, path, item)).join(between) || phrase("marks.none");
  }
  if (typeof value === "number") return formatPlain(value);
  if (typeof value === "boolean") return phrase(value ? "marks.on" : "marks.off");
  if (typeof value === "object" && value !== null)
    return Object.entries(value)
      .map(([name, number]) => `${name} ${valueText(catalog, "", number)}`)
      .join(phrase("list.between"));
  return rowsOf(catalog, field?.choices).find(({ key }) => key === value)?.label ?? String(value);
}

/**
 * The changes between two experiments as texts, without options that changed along with their choice.
 * @param {Catalog} catalog
 * @param {Experiment} before
 * @param {Experiment} after
 * @param {string[]} changed paths of the fields
 * @returns {SettingMark["changes"]}
 */
export function changesOf(catalog, before, after, changed) {
  return changed
    .filter((path) => !path.endsWith("_options") || !changed.includes(path.replace(/_options$/, "")))
    .map((path) => ({
      label: catalog.fields[path]?.label ?? path,
      from: valueText(catalog, path, getField(before, path)),
      to: valueText(catalog, path, getField(after, path)),
    }));
}

/**
 * Adds changes at an epoch. Changes at the same epoch are one mark, and a change that was reversed is removed.
 * @param {SettingMark[]} marks
 * @param {number} epoch
 * @param {SettingMark["changes"]} changes
 * @returns {SettingMark[]}
 */
export function withMark(marks, epoch, changes) {
  if (changes.length === 0) return marks;
  const last = marks.at(-1);
  if (!last || last.epoch !== epoch) return [...marks, { epoch, changes }];
  const joined = new Map(last.changes.map((change) => [change.label, change]));
  for (const change of changes) {
    joined.set(change.label, { ...change, from: joined.get(change.label)?.from ?? change.from });
  }
  const left = [...joined.values()].filter(({ from, to }) => from !== to);
  return left.length > 0 ? [...marks.slice(0, -1), { epoch, changes: left }] : marks.slice(0, -1);
}

/**
 * @param {SettingMark} mark
 * @returns {string}
 */
export function markText({ epoch, changes }) {
  const sentences = changes.map((change) => phrase("marks.change", { ...change }));
  return phrase("marks.since", { epoch, changes: sentences.join(phrase("marks.between")) });
}
