/** The options of chosen rows, such as the momentum of an optimizer; they change with the choice. */

import { create, findAll } from "../../lib/dom/dom.js";
import { writeSelect } from "../../lib/dom/select.js";
import { formatPlain } from "../../lib/text/format.js";

/** @import { ChoiceOption, View } from "../../types/app.js" */

/**
 * @typedef {object} OptionsProps
 * @property {(choice: string) => ChoiceOption[]} optionsOf options of the chosen row, by name of the choice
 * @property {(choice: string) => Record<string, number>} valuesOf by name of the option
 * @property {boolean} enabled
 */

/**
 * @typedef {object} Place
 * @property {HTMLElement} element
 * @property {string} choice
 * @property {ChoiceOption[]} options shown there
 * @property {(HTMLSelectElement | HTMLInputElement)[]} controls one for each option
 */

/**
 * @param {HTMLElement} element
 * @param {{ onChange: (choice: string, option: string, value: number) => void }} options
 * @returns {View<OptionsProps>}
 */
export function createOptions(element, { onChange }) {
  const scope = new AbortController();
  /** @type {Place[]} */
  const places = findAll(element, "[data-options]", HTMLElement).map((place) => {
    return { element: place, choice: place.dataset.options ?? "", options: [], controls: [] };
  });

  /** @type {Place["controls"][number] | null} the number that is being typed */
  let typing = null;

  /**
   * @param {Place} place
   * @param {ChoiceOption[]} options
   */
  function fill(place, options) {
    place.options = options;
    place.controls = options.map((option) => createControl(place.choice, option));
    place.element.replaceChildren(
      ...place.controls.map((control, index) => labelled(control, options[index])),
    );
    options.forEach(({ name, whole }, index) => {
      const control = place.controls[index];
      if (control) listen(control, whole, (value) => onChange(place.choice, name, value));
    });
  }

  /**
   * @param {Place["controls"][number]} control
   * @param {boolean} whole whether only whole numbers are allowed
   * @param {(value: number) => void} onValue
   */
  function listen(control, whole, onValue) {
    const { signal } = scope;
    control.addEventListener("input", () => (typing = control), { signal });
    control.addEventListener("blur", () => (typing = null), { signal });
    control.addEventListener(
      "change",
      () => {
        typing = null;
        if (control.value === "") return;
        onValue(whole ? Math.round(Number(control.value)) : Number(control.value));
      },
      { signal },
    );
  }

  return {
    update({ optionsOf, valuesOf, enabled }) {
      for (const place of places) {
        const options = optionsOf(place.choice);
        if (options !== place.options && (options.length > 0 || place.options.length > 0))
          fill(place, options);
        const values = valuesOf(place.choice);
        place.controls.forEach((control, index) => {
          control.disabled = !enabled;
          const value = values[options[index]?.name ?? ""];
          if (value === undefined || control === typing) return;
          if (control instanceof HTMLSelectElement) writeSelect(control, value);
          else if (control.valueAsNumber !== value) control.value = String(value);
        });
      }
    },
    destroy: () => scope.abort(),
  };
}

/**
 * A select of the suggested values, or a number input if there are none.
 * @param {string} choice
 * @param {ChoiceOption} option
 */
function createControl(choice, { name, text, minimum, maximum, suggestions, whole }) {
  const id = `option-${choice}-${name}`.replace(/[._]/g, "-");
  const common = { id, title: text, autocomplete: "off", "data-option": name };
  if (suggestions.length === 0) {
    const step = whole ? { step: 1, inputmode: "numeric" } : { step: "any", inputmode: "decimal" };
    const range = { min: minimum, max: maximum, ...step };
    return create("input", { ...common, ...range, class: "field__number", type: "number" });
  }
  const offers = suggestions.map((value) => create("option", { value }, formatPlain(value)));
  return create("select", { ...common, class: "field__select" }, ...offers);
}

/**
 * @param {HTMLElement} control
 * @param {ChoiceOption | undefined} option
 */
function labelled(control, option) {
  const label = create("label", { class: "field__label", for: control.id }, option?.label ?? "");
  return create("div", { class: "field" }, label, control);
}
