/**
 * The "What is this?" mode, in which a click explains a control instead of using it. F1 explains the focused control at
 * any time; in the mode, so do Enter and the space bar.
 */

import { create, find } from "../../lib/dom/dom.js";
import { clamp } from "../../lib/draw/scale.js";
import { phrase } from "../../lib/text/i18n.js";

/** @import { View } from "../../types/app.js" */

/** Selector of settings; other things that can be explained are given by `places`. */
const FIELDS = ".field[data-name], .check[data-name], [data-options] .field, .dataset, .feature";
/** Space between the explanation and its subject, and to the edges of the window. */
const GAP = 8;

/**
 * @typedef {{ kind: "field", name: string }
 *   | { kind: "option", choice: string, name: string }
 *   | { kind: "row", list: "datasets" | "features", key: string }
 *   | { kind: "place", name: string }} Topic
 */

/** @typedef {{ label: string, formula: string, text: string }} Entry */

/**
 * @typedef {object} Explanation
 * @property {string} title
 * @property {string} formula
 * @property {string} text
 * @property {string} note
 * @property {Entry | null} chosen
 * @property {Entry[]} options
 * @property {Entry[]} others
 */

/**
 * @typedef {object} ExplainOptions
 * @property {HTMLElement} card the popover
 * @property {HTMLElement} button that shows whether the mode is on
 * @property {{ name: string, selector: string }[]} places other things that can be explained
 * @property {(topic: Topic) => Explanation | null} explain
 * @property {(asking: boolean) => void} onAsk
 */

/**
 * @param {HTMLElement} root the document's root element
 * @param {ExplainOptions} options
 * @returns {View<void> & { toggle: () => void }}
 */
export function createExplain(root, { card, button, places, explain, onAsk }) {
  const scope = new AbortController();
  const { signal } = scope;
  const body = find(card, ".explanation__body", HTMLElement);
  const all = [FIELDS, ...places.map(({ selector }) => selector)].join(", ");
  const phone = matchMedia("(max-width: 719px)");
  let asking = false;

  /** @param {boolean} next */
  function ask(next) {
    if (asking === next) return;
    asking = next;
    root.toggleAttribute("data-explaining", asking);
    button.setAttribute("aria-pressed", String(asking));
    for (const element of root.querySelectorAll("[data-explainable]"))
      element.removeAttribute("data-explainable");
    if (asking)
      for (const element of root.querySelectorAll(all)) element.setAttribute("data-explainable", "");
    onAsk(asking);
  }

  /**
   * The topic of an element or its nearest ancestor with one.
   * @param {EventTarget | null} target
   * @returns {{ element: HTMLElement, topic: Topic } | null}
   */
  function aboutWhat(target) {
    if (!(target instanceof Element)) return null;
    const element = target.closest(all);
    if (!(element instanceof HTMLElement)) return null;
    const topic = topicOf(element);
    return topic && { element, topic };
  }

  /**
   * @param {HTMLElement} element
   * @returns {Topic | null}
   */
  function topicOf(element) {
    const input = element.querySelector("input, select");
    const value = input instanceof HTMLInputElement ? input.value : "";
    if (element.matches(".dataset")) return { kind: "row", list: "datasets", key: value };
    if (element.matches(".feature")) return { kind: "row", list: "features", key: value };
    const name = element.dataset.name;
    if (name) return { kind: "field", name };
    const place = places.find(({ selector }) => element.matches(selector));
    if (place) return { kind: "place", name: place.name };
    const options = element.closest("[data-options]");
    const choice = options instanceof HTMLElement ? options.dataset.options : undefined;
    const option = input instanceof HTMLElement ? input.dataset.option : undefined;
    return choice && option ? { kind: "option", choice, name: option } : null;
  }

  /**
   * @param {EventTarget | null} target
   * @returns {boolean} whether there was something to explain
   */
  function show(target) {
    const found = aboutWhat(target);
    const explanation = found && explain(found.topic);
    if (!found || !explanation) return false;
    if (card.matches(":popover-open")) card.hidePopover();
    find(card, ".explanation__title", HTMLElement).textContent = explanation.title;
    body.replaceChildren(...write(explanation));
    card.showPopover();
    body.scrollTop = 0;
    place(found.element);
    return true;
  }

  /** @param {HTMLElement} element */
  function place(element) {
    if (phone.matches) return;
    const at = element.getBoundingClientRect();
    const { width, height } = card.getBoundingClientRect();
    const left = clamp(at.left, GAP, Math.max(GAP, innerWidth - width - GAP));
    const below = at.bottom + GAP;
    const above = at.top - GAP - height;
    const fits = below + height <= innerHeight - GAP;
    const top = fits ? below : above >= GAP ? above : Math.max(GAP, innerHeight - height - GAP);
    card.style.setProperty("--left", `${Math.round(left)}px`);
    card.style.setProperty("--top", `${Math.round(top)}px`);
  }

  find(card, ".explanation__close", HTMLButtonElement).addEventListener("click", () => card.hidePopover(), {
    signal,
  });

  document.addEventListener(
    "click",
    (event) => {
      if (!asking || card.contains(/** @type {Node} */ (event.target)) || !show(event.target)) return;
      event.preventDefault();
      event.stopPropagation();
    },
    { signal, capture: true },
  );

  document.addEventListener(
    "keydown",
    (event) => {
      if (document.querySelector("dialog[open]")) return;
      const open = card.matches(":popover-open");
      const asks = asking && !open && (event.key === "Enter" || event.key === " ");
      const ends = event.key === "Escape" && (open || asking);
      if (ends && open) card.hidePopover();
      else if (ends) ask(false);
      else if (!(event.key === "F1" || asks) || !show(document.activeElement)) return;
      event.preventDefault();
      event.stopPropagation();
    },
    { signal, capture: true },
  );

  return {
    toggle: () => ask(!asking),
    update() {},
    destroy() {
      ask(false);
      scope.abort();
    },
  };
}

/**
 * @param {Explanation} explanation
 * @returns {HTMLElement[]}
 */
function write({ formula, text, note, chosen, options, others }) {
  /** @type {HTMLElement[]} */
  const parts = [create("p", {}, text)];
  if (formula) parts.push(create("p", { class: "formula explanation__formula" }, formula));
  if (note) parts.push(create("p", { class: "explanation__note" }, note));
  if (chosen) {
    const list = create("dl", { class: "explanation__rows explanation__rows--chosen" });
    list.append(writeEntry(chosen), ...options.map(writeEntry));
    parts.push(list);
  }
  if (others.length > 0) {
    const list = create("dl", { class: "explanation__rows" }, ...others.map(writeEntry));
    parts.push(chosen ? writeFold(list, others.length) : list);
  }
  return parts;
}

/** @param {Entry} entry */
function writeEntry({ label, formula, text }) {
  const term = create("dt", {}, label);
  if (formula) term.append(" ", create("span", { class: "formula" }, formula));
  return create("div", { class: "explanation__row" }, term, create("dd", {}, text));
}

/**
 * @param {HTMLElement} list
 * @param {number} count
 */
function writeFold(list, count) {
  const summary = create("summary", {}, phrase("explain.others", { count }));
  return create("details", { class: "explanation__others" }, summary, list);
}
