/** A store: holds one state value and calls listeners about changes, once per animation frame. */

/**
 * @template Value
 * @typedef {object} Store
 * @property {() => Value} get
 * @property {(change: (value: Value) => Value) => void} update
 * @property {<Part>(select: (value: Value) => Part, listener: (part: Part, value: Value) => void) => () => void} subscribe
 *   calls `listener` now, and whenever the result of `select` changes; arrays are compared by their members. Returns a function that unsubscribes
 * @property {() => void} flush calls listeners now instead of on the next frame
 */

/**
 * @param {unknown} one
 * @param {unknown} other
 * @returns {boolean}
 */
function same(one, other) {
  if (Object.is(one, other)) return true;
  if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
  return one.every((member, index) => Object.is(member, other[index]));
}

/**
 * @template Value
 * @param {Value} initial
 * @param {(callback: () => void) => void} [schedule]
 * @returns {Store<Value>}
 */
export function createStore(initial, schedule = (callback) => requestAnimationFrame(callback)) {
  let value = initial;
  let scheduled = false;
  /** @type {Set<() => void>} */
  const listeners = new Set();

  function flush() {
    if (!scheduled) return;
    scheduled = false;
    for (const listener of [...listeners]) listener();
  }

  return {
    get: () => value,
    update(change) {
      const changed = change(value);
      if (Object.is(changed, value)) return;
      value = changed;
      if (scheduled) return;
      scheduled = true;
      schedule(flush);
    },
    subscribe(select, listener) {
      let part = select(value);
      const check = () => {
        const next = select(value);
        if (same(next, part)) return;
        part = next;
        listener(part, value);
      };
      listeners.add(check);
      listener(part, value);
      return () => listeners.delete(check);
    },
    flush,
  };
}
