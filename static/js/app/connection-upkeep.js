/** The connection while the page is open: its status, its checks, and what is stored when the page is left. */

/** @import { Session } from "../net/session.js" */

import { byId } from "../lib/dom/dom.js";
import { connectionStatus, offersReload } from "../text/connection-status.js";
import { createConnectionBanner } from "../views/shell/connection-banner.js";

/** How often to check whether the connection is alive, in milliseconds. */
const ALIVE_CHECK_INTERVAL = 5000;

/**
 * @param {object} options
 * @param {HTMLElement} options.root the document's root element
 * @param {Session} options.session
 * @param {MediaQueryList} options.calm whether to ask for fewer frames
 */
export function createConnectionUpkeep({ root, session, calm }) {
  const { store } = session;

  /** Stores what the next visit needs, once the address is up to date. */
  function save() {
    store.flush();
    session.save();
  }

  function reload() {
    save();
    location.reload();
  }

  const banner = createConnectionBanner(byId("reconnecting"), {
    onOffer() {
      if (offersReload(store.get())) reload();
      else session.reopen();
    },
  });
  store.subscribe(
    ({ connection, trouble }) => [connection, trouble],
    () => {
      root.dataset.connection = store.get().connection;
      banner.update(connectionStatus(store.get()));
    },
  );
  globalThis.addEventListener("online", () => {
    session.checkAlive();
    session.retryNow();
  });
  document.addEventListener("visibilitychange", () => {
    session.watch();
    session.checkAlive();
    if (document.hidden) save();
    else session.retryNow();
  });
  setInterval(session.checkAlive, ALIVE_CHECK_INTERVAL);
  calm.addEventListener("change", () => session.watch());
  globalThis.addEventListener("pagehide", save);

  return {
    /** Reloads the page; the next visit goes on with the run. */
    reload,
  };
}
