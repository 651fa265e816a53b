/** The identifier of this browser, which distinguishes its sessions from those of other browsers at the same address. */

const KEY = "neural-playground-client";

/**
 * @param {() => Pick<Storage, "getItem" | "setItem">} getStorage gives the storage; may throw
 * @returns {string} the same at every visit, if the browser allows storage
 */
export function clientId(getStorage) {
  // Not randomUUID, which only pages with https have.
  const fresh = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
  try {
    const stored = getStorage().getItem(KEY);
    if (stored) return stored.slice(0, 64);
    getStorage().setItem(KEY, fresh);
  } catch {
    // Then every visit has another identifier.
  }
  return fresh;
}
