/** Keyboard shortcuts of the page, which leave the keys of focused controls alone. */

const MOVING_KEYS = /^(Arrow|Page|Home$|End$)/;

/**
 * Listens for keys that the focused element does not use itself. A button that has the focus only because it was clicked
 * leaves the space bar to the page.
 * @param {Document} page
 * @param {(press: KeyboardEvent) => boolean} handle returns whether the key was a shortcut
 * @returns {() => void} stops it
 */
export function listenForShortcuts(page, handle) {
  const scope = new AbortController();
  const { signal } = scope;
  let clicked = false;
  let down = "";

  page.addEventListener("pointerdown", () => (clicked = true), { signal, capture: true });
  page.addEventListener(
    "keydown",
    (event) => {
      if (event.key === "Tab" || MOVING_KEYS.test(event.key)) clicked = false;
    },
    { signal, capture: true },
  );
  page.addEventListener(
    "keydown",
    (event) => {
      if (event.defaultPrevented || page.querySelector("dialog[open]")) return;
      if (event.key === "Escape" && page.querySelector(":popover-open")) return;
      const taken =
        event.ctrlKey || event.metaKey ? takesText(event.target) : takesKey(event.target, event.key, clicked);
      if (taken || !handle(event)) return;
      event.preventDefault();
      down = event.key;
    },
    { signal },
  );
  page.addEventListener(
    "keyup",
    (event) => {
      // A button is clicked when the space bar is released; the shortcut has handled the key already.
      if (event.key === down) event.preventDefault();
      down = "";
    },
    { signal },
  );
  return () => scope.abort();
}

/** Types of inputs without text that could be undone. */
const WITHOUT_TEXT = ["checkbox", "radio", "range", "button", "file"];

/**
 * Whether an element is a text field, which the browser gives undo.
 * @param {EventTarget | null} target
 * @returns {boolean}
 */
function takesText(target) {
  if (target instanceof HTMLInputElement) return !WITHOUT_TEXT.includes(target.type) && !target.readOnly;
  return target instanceof HTMLTextAreaElement || (target instanceof HTMLElement && target.isContentEditable);
}

/**
 * Whether the element itself uses a key.
 * @param {EventTarget | null} target
 * @param {string} key
 * @param {boolean} clicked whether the pointer was used last
 * @returns {boolean}
 */
function takesKey(target, key, clicked) {
  if (!(target instanceof HTMLElement)) return false;
  const presses = key === " " || key === "Enter";
  if (target instanceof HTMLInputElement) {
    if (target.type === "checkbox") return presses && !clicked;
    if (target.type === "range" || target.type === "radio") return presses || MOVING_KEYS.test(key);
    return true;
  }
  if (target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement) return true;
  if (target.isContentEditable) return true;
  return presses && !clicked && target.matches("button, summary, a[href]");
}
