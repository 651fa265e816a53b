/** Joining: on a server with a join code, waits until the person has given the code. */

/** @import { Auth } from "../net/auth.js" */

import { createAuth, readCode } from "../net/auth.js";
import { createJoinDialog } from "../views/dialogs/join.js";

/**
 * Joins by the code of the link, by the cookie of an earlier visit, or by asking the person.
 * @param {typeof globalThis} page
 * @returns {Promise<Auth>}
 */
export async function joinServer(page) {
  const { document, history, location } = page;
  const { code, rest } = readCode(location.hash);
  // The code is removed from the address before other modules read it.
  if (code !== null)
    history.replaceState(history.state, "", rest || `${location.pathname}${location.search}`);

  const dialog = document.querySelector("#join");
  const auth = createAuth({
    page: location.href,
    required: dialog instanceof HTMLDialogElement,
    askPerson: async () => view?.ask(),
  });
  const view =
    dialog instanceof HTMLDialogElement ? createJoinDialog(dialog, { onCode: auth.submitCode }) : undefined;
  if (code !== null) await auth.tryCode(code);
  try {
    await auth.ensureJoined();
  } catch {
    // The server does not answer; the connection will try again.
  }
  return auth;
}

/**
 * Removes the marker by which a full server has admitted this tab for its token.
 * @param {Pick<Window, "history" | "location">} page
 */
export function dropReturnMarker({ history, location }) {
  const url = new URL(location.href);
  if (!url.searchParams.has("return")) return;
  url.searchParams.delete("return");
  history.replaceState(null, "", url);
}
