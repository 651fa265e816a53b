/** Events of a module, to which others subscribe by name. */

/**
 * @template {Record<string, (...values: any[]) => void>} Listeners the listener of each event, by its name
 * @typedef {object} Emitter
 * @property {<Name extends keyof Listeners>(name: Name, listener: Listeners[Name]) => () => void} on
 *   calls `listener` with every event of that name; returns a function that unsubscribes
 * @property {<Name extends keyof Listeners>(name: Name, ...values: Parameters<Listeners[Name]>) => void} emit
 *   calls the listeners in the order in which they have subscribed
 */

/**
 * @template {Record<string, (...values: any[]) => void>} Listeners
 * @returns {Emitter<Listeners>}
 */
export function createEmitter() {
  /** @type {Map<keyof Listeners, Set<(...values: any[]) => void>>} */
  const byName = new Map();

  return {
    on(name, listener) {
      const listeners = byName.get(name) ?? new Set();
      byName.set(name, listeners.add(listener));
      return () => listeners.delete(listener);
    },
    emit(name, ...values) {
      for (const listener of byName.get(name) ?? []) listener(...values);
    },
  };
}
