/** The popup that shows and sets one weight or bias. */

import { find, findAll, setText } from "../../lib/dom/dom.js";
import { formatParameter, parseDecimal } from "../../lib/text/format.js";
import { phrase } from "../../lib/text/i18n.js";

/**
 * @typedef {object} Subject
 * @property {string} key identifies the weight or bias
 * @property {string} title
 * @property {number} x where it is, in pixels of the stage
 * @property {number} y
 */

/**
 * The value follows the training until the person types. Enter or leaving the field sets it; Escape restores it.
 * @param {HTMLFormElement} form
 * @param {{ onSet: (value: number, before: number) => void, onClose: (byKeyboard: boolean) => void }} options
 */
export function createEditor(form, { onSet, onClose }) {
  const scope = new AbortController();
  const { signal } = scope;
  const title = find(form, ".editor__title", HTMLElement);
  const field = find(form, ".editor__value", HTMLInputElement);
  const hint = find(form, ".editor__hint", HTMLElement);
  const advice = hint.textContent ?? "";
  let value = 0;
  let typing = false;

  /** @param {boolean} state */
  function setTyping(state) {
    typing = state;
    form.toggleAttribute("data-typing", state);
    if (!state) {
      field.removeAttribute("aria-invalid");
      setText(hint, advice);
    }
  }

  function show() {
    if (!typing) field.value = formatParameter(value);
  }

  /** @param {number} next */
  function set(next) {
    const before = value;
    value = next;
    show();
    onSet(next, before);
  }

  /** @returns {boolean} whether the field may be left */
  function commit() {
    if (!typing) return true;
    const typed = parseDecimal(field.value);
    if (Number.isNaN(typed)) {
      field.setAttribute("aria-invalid", "true");
      setText(hint, phrase("diagram.no-number"));
      return false;
    }
    setTyping(false);
    set(typed);
    return true;
  }

  /** @param {boolean} byKeyboard */
  function close(byKeyboard) {
    if (form.hidden) return;
    setTyping(false);
    form.hidden = true;
    onClose(byKeyboard);
  }

  field.addEventListener("input", () => setTyping(true), { signal });
  form.addEventListener(
    "submit",
    (event) => {
      event.preventDefault();
      if (commit()) close(true);
    },
    { signal },
  );
  form.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      if (typing) {
        setTyping(false);
        show();
      } else {
        close(true);
      }
    },
    { signal },
  );
  form.addEventListener(
    "focusout",
    ({ relatedTarget }) => {
      if (relatedTarget instanceof Node && form.contains(relatedTarget)) return;
      if (!commit()) setTyping(false);
    },
    { signal },
  );
  for (const button of findAll(form, "[data-nudge]", HTMLButtonElement)) {
    button.addEventListener(
      "click",
      () => {
        if (!commit()) return;
        set(Number((value + Number(button.dataset.nudge)).toFixed(6)));
      },
      { signal },
    );
  }
  document.addEventListener(
    "pointerdown",
    ({ target }) => {
      if (form.hidden || (target instanceof Node && form.contains(target))) return;
      commit();
      close(false);
    },
    { signal },
  );

  return {
    get isOpen() {
      return !form.hidden;
    },
    /**
     * @param {Subject} subject
     * @param {number} present
     * @param {{ width: number, height: number }} room
     */
    open(subject, present, room) {
      setTyping(false);
      value = present;
      setText(title, subject.title);
      form.hidden = false;
      show();
      const { offsetWidth, offsetHeight } = form;
      const left = Math.min(Math.max(4, subject.x - offsetWidth / 2), room.width - offsetWidth - 4);
      const below = subject.y + 14;
      const top = below + offsetHeight > room.height ? subject.y - offsetHeight - 14 : below;
      form.style.setProperty("--left", `${Math.max(4, left)}px`);
      form.style.setProperty("--top", `${Math.max(4, top)}px`);
      field.focus({ preventScroll: true });
      field.select();
    },
    /** @param {number} present the weight as it is now */
    follow(present) {
      if (form.hidden || typing || present === value) return;
      const selected = document.activeElement === field && field.selectionEnd !== field.selectionStart;
      value = present;
      show();
      if (selected) field.select();
    },
    close,
    destroy: () => scope.abort(),
  };
}
