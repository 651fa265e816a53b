/** Joining: on a server with a join code, waits until the code has been given. */

/** @import { Joining } from "../net/auth.js" */

import { createJoining, readCode } from "../net/auth.js";
import { createJoin } from "../views/dialogs/join.js";

/**
 * Lets the person in, by the code of the link, by the cookie of an earlier visit, or by asking.
 * @param {typeof globalThis} page
 * @returns {Promise<Joining>}
 */
export async function createEntrance(page) {
  const { document, history, location } = page;
  const { code, rest } = readCode(location.hash);
  // The code leaves the address before anything else can see it there.
  if (code !== null)
    history.replaceState(history.state, "", rest || `${location.pathname}${location.search}`);

  const dialog = document.querySelector("#join");
  const joining = createJoining({
    page: location.href,
    required: dialog instanceof HTMLDialogElement,
    askPerson: async () => view?.ask(),
  });
  const view =
    dialog instanceof HTMLDialogElement ? createJoin(dialog, { onCode: joining.offer }) : undefined;
  if (code !== null) await joining.tryCode(code);
  try {
    await joining.enter();
  } catch {
    // The server does not answer; the connection will try again.
  }
  return joining;
}
