/** The server-rendered form controls of the experiment's fields: selects, sliders, numbers and switches. */

import { create, findAll, setText } from "../../lib/dom/dom.js";
import { writeSelect } from "../../lib/dom/select.js";
import { formatPercent, formatPlain } from "../../lib/text/format.js";

/** @import { View } from "../../types/app.js" */

/**
 * @typedef {HTMLSelectElement | HTMLInputElement} Control
 */

/**
 * @typedef {object} ControlsProps
 * @property {(name: string) => unknown} valueOfField the value of a field by its catalogue name
 * @property {(name: string) => boolean} applies whether a field applies now; one that does not is hidden
 * @property {(name: string) => boolean} fixed whether a field follows from others and cannot be set
 * @property {boolean} enabled
 */

/**
 * @param {HTMLElement} element
 * @param {{ onChange: (name: string, value: string | number | boolean) => void }} options
 * @returns {View<ControlsProps> & { setChoices: (name: string, choices: { key: string, label: string }[]) => void }}
 */
export function createControls(element, { onChange }) {
  const scope = new AbortController();
  const controls = findAll(element, "[data-field]", HTMLElement).map((control) => {
    if (control instanceof HTMLSelectElement || control instanceof HTMLInputElement) return control;
    throw new Error("A field is neither select nor input");
  });

  /** @type {Control | null} the number that is being typed */
  let typing = null;

  for (const control of controls) {
    const type = control instanceof HTMLInputElement && control.type === "range" ? "input" : "change";
    control.addEventListener(type, () => read(control), { signal: scope.signal });
    if (!(control instanceof HTMLInputElement) || control.type !== "number") continue;
    control.addEventListener("input", () => (typing = control), { signal: scope.signal });
    control.addEventListener("blur", () => (typing = null), { signal: scope.signal });
  }

  /** @param {Control} control */
  function read(control) {
    const name = control.dataset.field ?? "";
    if (control instanceof HTMLSelectElement) {
      const number = control.dataset.numeric === "true";
      onChange(name, number ? Number(control.value) : control.value);
      return;
    }
    if (control.type === "checkbox") {
      onChange(name, control.checked);
      return;
    }
    typing = null;
    const value = control.valueAsNumber;
    if (Number.isNaN(value)) return;
    const values = suggestions(control);
    const chosen = values ? values[Math.round(value)] : value;
    if (chosen === undefined) return;
    showOutput(control, chosen);
    onChange(name, chosen);
  }

  /**
   * @param {Control} control
   * @param {unknown} value
   */
  function write(control, value) {
    if (control instanceof HTMLSelectElement) {
      writeSelect(control, value);
      return;
    }
    if (control.type === "checkbox") {
      control.checked = value === true;
      return;
    }
    const number = Number(value);
    const values = suggestions(control);
    const position = values ? nearestIndex(values, number) : number;
    if (control.valueAsNumber !== position && control !== typing) control.value = String(position);
    if (control.type === "range") showOutput(control, number);
  }

  return {
    update({ valueOfField, applies, fixed, enabled }) {
      for (const control of controls) {
        const name = control.dataset.field ?? "";
        control.disabled = !enabled || fixed(name);
        write(control, valueOfField(name));
        const place = control.closest("[data-name]");
        if (place instanceof HTMLElement) place.hidden = !applies(name);
      }
    },
    setChoices(name, choices) {
      for (const control of controls) {
        if (control.dataset.field !== name || !(control instanceof HTMLSelectElement)) continue;
        const chosen = control.value;
        control.replaceChildren(...choices.map(({ key, label }) => create("option", { value: key }, label)));
        control.value = chosen;
      }
    },
    destroy: () => scope.abort(),
  };
}

/**
 * @param {HTMLInputElement} control
 * @param {number} value
 */
function showOutput(control, value) {
  const text = control.dataset.format === "percent" ? formatPercent(value) : formatPlain(value);
  const output = control.closest(".field")?.querySelector("output");
  if (output) setText(output, text);
  control.setAttribute("aria-valuetext", text);
  const low = Number(control.min);
  const share = (control.valueAsNumber - low) / (Number(control.max) - low || 1);
  control.style.setProperty("--share", share.toFixed(4));
}

/**
 * The values of a slider that moves over suggestions; null if it moves over its own numbers.
 * @param {HTMLInputElement} control
 * @returns {number[] | null}
 */
function suggestions(control) {
  const { values } = control.dataset;
  return values === undefined ? null : JSON.parse(values);
}

/**
 * @param {number[]} values
 * @param {number} wanted
 * @returns {number}
 */
function nearestIndex(values, wanted) {
  let nearest = 0;
  values.forEach((value, index) => {
    if (Math.abs(value - wanted) < Math.abs((values[nearest] ?? 0) - wanted)) nearest = index;
  });
  return nearest;
}
