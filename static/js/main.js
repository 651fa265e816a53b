/** The page: brings connection, state, actions and views together. */

import { createActionBindings } from "./app/action-bindings.js";
import { createCommands } from "./app/commands.js";
import { createHelp } from "./app/help.js";
import { joinServer } from "./app/join.js";
import { createNotifications } from "./app/notifications.js";
import { createOwnData } from "./app/own-data.js";
import { createSettings } from "./app/settings.js";
import { createSharing } from "./app/share-and-export.js";
import { createVisuals } from "./app/visuals.js";
import { beginningOf } from "./io/open.js";
import { createPointStore } from "./io/own-points-storage.js";
import { clientId } from "./lib/data/client-id.js";
import { byId, find, findAll } from "./lib/dom/dom.js";
import { decodeLanguage, useLanguage } from "./lib/text/i18n.js";
import { shownTarget } from "./model/state.js";
import { createApi } from "./net/api.js";
import { socketUrl } from "./net/connection.js";
import { createDiagnosis } from "./net/connection-diagnosis.js";
import { canDecompress, createDecompressor } from "./net/frame-decompression.js";
import { decodeCatalog } from "./net/protocol.js";
import { findRecord } from "./net/resume-token-storage.js";
import { createSession } from "./net/session.js";
import { connectionStatus, offersReload } from "./text/connection-status.js";
import { createConnectionBanner } from "./views/shell/connection-banner.js";
import { createLanguageChoice } from "./views/shell/language.js";
import { createNotices, createStatus } from "./views/shell/notices.js";
import { createTheme } from "./views/shell/theme.js";

/** Frames a second to ask for, and for people who prefer reduced motion. */
const FRAME_RATE = 20;
const CALM_FRAME_RATE = 4;
/** How often to check whether the connection is alive, in milliseconds. */
const ALIVE_CHECK_INTERVAL = 5000;

const root = document.documentElement;
// The browser is loading the page in another language.
if ("leaving" in root.dataset) await new Promise(() => {});
useLanguage(decodeLanguage(find(document, "#strings", HTMLScriptElement).textContent ?? ""));
const catalog = decodeCatalog(find(document, "#catalog", HTMLScriptElement).textContent ?? "");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const auth = await joinServer(globalThis);
const api = createApi(location.href, auth.fetch);
const points = createPointStore((place) => globalThis[place]);
const openers = { catalog, api, points };
const record = findRecord(() => sessionStorage, location.hash);
dropReturnMarker();

// The run, and notices about it

const client = clientId(() => localStorage);
const session = createSession({
  catalog,
  url: socketUrl(location.href),
  join: auth.required ? auth.ensureJoined : undefined,
  diagnose: createDiagnosis(location.href),
  record,
  getStorage: () => sessionStorage,
  address: () => location.hash,
  client,
  beginning: () => beginningOf(openers, location.hash.slice(1)),
  frameRate: () => (calm.matches ? CALM_FRAME_RATE : FRAME_RATE),
  isHidden: () => document.hidden,
  createDecompressor: canDecompress ? createDecompressor : undefined,
  onEvent: (event) => notifications.event(event),
  onFrame: () => visuals.request(),
  onFault: (error) => notifications.fault(error),
});
const { store, change } = session;
const notices = createNotices(byId("toasts"));
const status = createStatus(byId("status"));
const { show, dismiss } = notices;
const notifications = createNotifications({
  catalog,
  get: store.get,
  change,
  perform: (action) => bindings.perform(action),
  showRule: () => settings.showRule(),
  show,
  dismiss,
  announce: status.update,
  page: root.dataset.revision,
  reload,
});

// The parts of the page

const commands = createCommands({ catalog, session });
const sharing = createSharing({ catalog, session, openers, show, announce: status.update });
const settings = createSettings({ catalog, session, commands });
const ownData = createOwnData({ catalog, session, commands, show });
sharing.listenForFiles();
const help = createHelp({ root, catalog, session, commands, notices });
const visuals = createVisuals({
  root,
  catalog,
  session,
  commands,
  settings,
  onSetParameter: sharing.setParameter,
  onPicture: notifications.picture,
});
createLanguageChoice(findAll(document, "[data-language-choice]", HTMLSelectElement), { page: globalThis });
const theme = createTheme(root, {
  button: byId("theme"),
  onChange(palettes) {
    for (const part of [settings, ownData, help, visuals]) part.paint(palettes);
  },
});
visuals.follow();
const bindings = createActionBindings({
  root,
  session,
  context: {
    openHelp: help.openHelp,
    openShare: sharing.openShare,
    openExport: sharing.openExport,
    undo: sharing.undo,
    redo: sharing.redo,
    leaveSeed: commands.leaveSeed,
    nextTheme: theme.next,
    openOwnPoints: ownData.open,
    showOutput: commands.showOutput,
    regenerate: commands.drawPoints,
    changeSpeed: commands.changeSpeed,
    toggle: (part) => store.update((state) => ({ ...state, [part]: !state[part] })),
    explain: help.toggleExplain,
    showPresets: help.showPresets,
  },
});

// The connection to the server

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
store.subscribe((state) => [shownTarget(state), state.showConfusion], session.watch);
store.subscribe(({ ended }) => ended, notifications.end);
globalThis.addEventListener("online", session.checkAlive);
globalThis.addEventListener("online", session.retryNow);
document.addEventListener("visibilitychange", () => {
  session.watch();
  session.checkAlive();
  if (document.hidden) save();
  else session.retryNow();
});
setInterval(session.checkAlive, ALIVE_CHECK_INTERVAL);
calm.addEventListener("change", session.watch);
globalThis.addEventListener("pagehide", save);

/** Stores what the next visit needs, once the address is up to date. */
function save() {
  store.flush();
  session.save();
}

function reload() {
  save();
  location.reload();
}

/** Removes the marker by which a full server has admitted this tab for its token. */
function dropReturnMarker() {
  const url = new URL(location.href);
  if (!url.searchParams.has("return")) return;
  url.searchParams.delete("return");
  history.replaceState(null, "", url);
}
