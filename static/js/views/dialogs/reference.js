/** The reference: every setting and choice with its explanation, built from the catalog when it is opened. */

import { create, find } from "../../lib/dom/dom.js";
import { formatPlain } from "../../lib/text/format.js";
import { phrase } from "../../lib/text/i18n.js";

/** @import { Catalog, CatalogField, Choice, ChoiceOption, View } from "../../types/app.js" */

/**
 * @param {HTMLDetailsElement} element
 * @param {Catalog} catalog
 * @returns {View<void>}
 */
export function createReference(element, catalog) {
  const scope = new AbortController();
  const fields = find(element, ".glossary__list--fields", HTMLElement);
  const choices = find(element, ".reference__choices", HTMLElement);

  function write() {
    if (!element.open || fields.childElementCount > 0) return;
    const all = Object.values(catalog.fields);
    fields.append(...all.map(fieldEntry));
    choices.append(
      ...all.filter(({ kind }) => kind === "choice" || kind === "features").map((field) => glossary(field)),
    );
  }

  /** @param {CatalogField} field */
  function glossary({ label, choices: name }) {
    const rows = /** @type {Record<string, Choice[]>} */ ({ ...catalog.choices })[name ?? ""] ?? [];
    return create(
      "section",
      { class: "glossary" },
      create("h4", { class: "glossary__title" }, label),
      create("dl", { class: "glossary__list" }, ...rows.map(choiceEntry)),
    );
  }

  element.addEventListener("toggle", write, { signal: scope.signal });
  write();
  return { update: write, destroy: () => scope.abort() };
}

/** @param {CatalogField} field */
function fieldEntry({ label, text: words, live }) {
  const effect = create(
    "span",
    { class: "glossary__live" },
    phrase(live ? "reference.live" : "reference.anew"),
  );
  return entry(create("dt", {}, label), create("dd", {}, `${words} `, effect));
}

/** @param {Choice} choice */
function choiceEntry({ label, text: words, formula, options }) {
  const name = create("dt", {}, label);
  if (formula) name.append(" ", create("span", { class: "formula" }, formula));
  return entry(name, create("dd", {}, words), ...options.map(optionEntry));
}

/** @param {ChoiceOption} option */
function optionEntry({ label, text: words, minimum, maximum, default: first }) {
  const [low, high, usual] = [minimum, maximum, first].map(formatPlain);
  const about = phrase("reference.option", {
    low: low ?? "",
    high: high ?? "",
    first: usual ?? "",
    text: words,
  });
  return create("dd", { class: "glossary__option" }, create("strong", {}, label), ` ${about}`);
}

/** @param {HTMLElement[]} parts */
function entry(...parts) {
  return create("div", { class: "glossary__entry" }, ...parts);
}
