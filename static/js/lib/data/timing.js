/** Throttling, and back-off times for retries. */

/**
 * Calls at once, then at most once per `interval`, and always ends with the last value.
 * @template Value
 * @param {(value: Value) => void} call
 * @param {number} interval milliseconds
 * @returns {{ push: (value: Value) => void, flush: () => void, cancel: () => void }}
 */
export function throttle(call, interval) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {{ value: Value } | null} */
  let waiting = null;

  function next() {
    if (waiting === null) {
      timer = undefined;
      return;
    }
    const { value } = waiting;
    waiting = null;
    timer = setTimeout(next, interval);
    call(value);
  }

  return {
    push(value) {
      waiting = { value };
      if (timer === undefined) next();
    },
    /** Calls now if a value is waiting. */
    flush() {
      if (waiting === null) return;
      clearTimeout(timer);
      next();
    },
    cancel() {
      waiting = null;
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

/**
 * Full-jitter back-off: a random wait below a ceiling that doubles with every attempt.
 * @param {number} attempt 0, 1, 2 …
 * @param {number} base milliseconds
 * @param {number} ceiling milliseconds
 * @param {() => number} random 0 … 1
 * @returns {number} milliseconds
 */
export function backoff(attempt, base, ceiling, random) {
  return random() * Math.min(ceiling, base * 2 ** attempt);
}
