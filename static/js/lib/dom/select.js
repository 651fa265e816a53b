/** Select elements with options that may be unavailable. */

import { formatPlain } from "../text/format.js";
import { phrase } from "../text/i18n.js";
import { create } from "./dom.js";

/**
 * Selects a value. One that is not among the options is added to them, so that the select always shows the actual value.
 * @param {HTMLSelectElement} select
 * @param {unknown} value
 */
export function writeSelect(select, value) {
  const wanted = Array.isArray(value) ? "mixed" : value;
  select.dataset.numeric = String(typeof wanted === "number");
  const options = [...select.options];
  const found = options.find((option) =>
    typeof wanted === "number" ? Number(option.value) === wanted : option.value === wanted,
  );
  for (const option of options) if (option.dataset.extra && option !== found) option.remove();
  if (found) {
    found.selected = true;
    return;
  }
  const label = Array.isArray(value)
    ? phrase("select.mixed")
    : typeof wanted === "number"
      ? formatPlain(wanted)
      : String(wanted);
  const extra = create("option", { value: String(wanted), "data-extra": true }, label);
  extra.dataset.extra = "true";
  select.append(extra);
  extra.selected = true;
}
