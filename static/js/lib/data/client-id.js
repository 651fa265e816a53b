/** The identifier of this browser, which tells its sessions from those of others at the same address. */

const KEY = "neural-playground-client";

/**
 * @param {() => Pick<Storage, "getItem" | "setItem">} place where it is kept; asking may be refused
 * @returns {string} the same at every visit where something can be kept
 */
export function clientName(place) {
  // Not randomUUID, which only pages with https have.
  const fresh = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
  try {
    const kept = place().getItem(KEY);
    if (kept) return kept.slice(0, 64);
    place().setItem(KEY, fresh);
  } catch {
    // Then it has another name at every visit.
  }
  return fresh;
}
