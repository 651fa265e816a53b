/** Notices, and the live region for screen readers. */

import { create, icon, setText } from "../../lib/dom/dom.js";
import { phrase } from "../../lib/text/i18n.js";

/** @import { View } from "../../types/app.js" */

/** How long a notice without buttons stays, in milliseconds. */
const STAY = 9000;
/** Shortest time between two announcements, in milliseconds. */
const SPEECH_PAUSE = 1500;

/**
 * @typedef {object} Notice
 * @property {string} key a notice replaces the one with the same key
 * @property {string} title
 * @property {string} text
 * @property {"error" | "warning" | "info"} kind
 * @property {{ label: string, perform: () => void }[]} [offers] buttons
 */

/**
 * @param {HTMLElement} element where notices appear
 * @returns {View<void> & { show: (notice: Notice) => void, dismiss: (key: string) => void }}
 */
export function createNotices(element) {
  /** @type {Map<string, { box: HTMLElement, content: string, timer: ReturnType<typeof setTimeout> | undefined }>} */
  const shown = new Map();

  /** @param {string} key */
  function dismiss(key) {
    const entry = shown.get(key);
    if (!entry) return;
    clearTimeout(entry.timer);
    entry.box.remove();
    shown.delete(key);
  }

  /** @param {Notice} notice */
  function show({ key, title, text, kind, offers = [] }) {
    const content = `${title} ${text}`;
    const before = shown.get(key);
    if (before?.content === content && offers.length === 0) {
      clearTimeout(before.timer);
      before.timer = setTimeout(() => dismiss(key), STAY);
      return;
    }
    dismiss(key);
    const close = create("button", {
      class: "small notice__close",
      type: "button",
      "aria-label": phrase("notices.dismiss"),
    });
    close.append(icon("close"));
    close.addEventListener("click", () => dismiss(key));
    const buttons = offers.map(({ label, perform }, index) => {
      const button = create(
        "button",
        { class: index === 0 ? "button button--strong" : "button", type: "button" },
        label,
      );
      button.addEventListener("click", () => {
        dismiss(key);
        perform();
      });
      return button;
    });
    const sign = icon("warning");
    sign.classList.add("notice__sign");
    const box = create("div", {
      class: "notice",
      role: kind === "info" ? "status" : "alert",
      "data-kind": kind,
      "data-key": key,
    });
    box.append(
      ...(kind === "info" ? [] : [sign]),
      create("p", { class: "notice__text" }, create("strong", {}, title), ` ${text}`),
      ...(buttons.length > 0 ? [create("div", { class: "notice__offers" }, ...buttons)] : []),
      close,
    );
    element.append(box);
    const timer = offers.length > 0 ? undefined : setTimeout(() => dismiss(key), STAY);
    shown.set(key, { box, content, timer });
  }

  return {
    show,
    dismiss,
    update() {},
    destroy() {
      for (const key of [...shown.keys()]) dismiss(key);
    },
  };
}

/**
 * The live region for screen readers: one sentence at a time, at a limited rate; the newest replaces a waiting one.
 * @param {HTMLElement} element
 * @returns {View<string>}
 */
export function createStatus(element) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let waiting = "";

  function speak() {
    timer = undefined;
    if (waiting === "") return;
    setText(element, waiting);
    waiting = "";
    timer = setTimeout(speak, SPEECH_PAUSE);
  }

  return {
    update(sentence) {
      waiting = sentence;
      if (timer === undefined) speak();
    },
    destroy: () => clearTimeout(timer),
  };
}
