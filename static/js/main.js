/** The page: brings connection, state, actions and views together. */

import { createPresses } from "./app/action-bindings.js";
import { createDeeds } from "./app/commands.js";
import { createGuide } from "./app/help.js";
import { createEntrance } from "./app/join.js";
import { createTelling } from "./app/notifications.js";
import { createOwn } from "./app/own-data.js";
import { createSettings } from "./app/settings.js";
import { createTakeaway } from "./app/share-and-export.js";
import { createPictures } from "./app/visuals.js";
import { withoutField } from "./io/build-experiment.js";
import { openStart } from "./io/open.js";
import { createPointStore } from "./io/own-points-storage.js";
import { withoutSeed } from "./io/tf-playground.js";
import { clientName } from "./lib/data/client-id.js";
import { byId, find, findAll } from "./lib/dom/dom.js";
import { decodeLanguage, useLanguage } from "./lib/text/i18n.js";
import { shownTarget } from "./model/state.js";
import { createService } from "./net/api.js";
import { socketUrl } from "./net/connection.js";
import { createDiagnosis } from "./net/connection-diagnosis.js";
import { canUnpack, createUnpacker } from "./net/frame-decompression.js";
import { decodeCatalog } from "./net/protocol.js";
import { findKept } from "./net/resume-token-storage.js";
import { createSession } from "./net/session.js";
import { lineOf, offersReload } from "./text/connection-status.js";
import { createLine } from "./views/shell/connection-banner.js";
import { createLanguageChoice } from "./views/shell/language.js";
import { createNotices, createStatus } from "./views/shell/notices.js";
import { createTheme } from "./views/shell/theme.js";

/** Pictures a second to ask for, and for people who prefer little motion. */
const FRAME_RATE = 20;
const CALM_FRAME_RATE = 4;
/** How often to look whether the line still lives, in milliseconds. */
const LOOK_PAUSE = 5000;

const root = document.documentElement;
// The page in another language is on its way.
if ("leaving" in root.dataset) await new Promise(() => {});
useLanguage(decodeLanguage(find(document, "#strings", HTMLScriptElement).textContent ?? ""));
const catalog = decodeCatalog(find(document, "#catalog", HTMLScriptElement).textContent ?? "");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const joining = await createEntrance(globalThis);
const service = createService(location.href, joining.ask);
const points = createPointStore(catalog, (place) => globalThis[place]);
const openers = { catalog, service, points };
const start = await openStart(openers, location.hash);
const kept = findKept(() => sessionStorage, location.hash);
forgetReturn();

// The run, and notices about it

const client = clientName(() => localStorage);
const session = createSession({
  catalog,
  url: socketUrl(location.href),
  experiment: start.experiment,
  admit: joining.required ? joining.enter : undefined,
  diagnose: createDiagnosis(location.href),
  kept,
  place: () => sessionStorage,
  address: () => location.hash,
  client,
  repair: (experiment, field) => withoutField(catalog, experiment, field),
  frameRate: () => (calm.matches ? CALM_FRAME_RATE : FRAME_RATE),
  isHidden: () => document.hidden,
  createUnpacker: canUnpack ? createUnpacker : undefined,
  onEvent: (event) => telling.event(event),
  onFrame: () => pictures.request(),
  onFault: (error) => telling.fault(error),
});
const { store, change } = session;
const notices = createNotices(byId("toasts"));
const status = createStatus(byId("status"));
const { show, dismiss } = notices;
const telling = createTelling({
  catalog,
  get: store.get,
  change,
  perform: (action) => presses.perform(action),
  showRule: () => settings.showRule(),
  show,
  dismiss,
  say: status.update,
  page: root.dataset.revision,
  reload,
});

// The rooms of the page

const deeds = createDeeds({ catalog, session, onNotes: telling.changes });
const takeaway = createTakeaway({ catalog, session, openers, start, show, say: status.update });
const settings = createSettings({ catalog, session, deeds });
const own = createOwn({ catalog, session, deeds, show });
takeaway.listenForFiles();
const guide = createGuide({ root, catalog, session, deeds, notices });
const pictures = createPictures({
  root,
  catalog,
  session,
  deeds,
  settings,
  onSetParameter: takeaway.setParameter,
  onPicture: telling.picture,
});
createLanguageChoice(findAll(document, "[data-language-choice]", HTMLSelectElement), { page: globalThis });
const theme = createTheme(root, {
  button: byId("theme"),
  onChange(palettes) {
    for (const room of [settings, own, guide, pictures]) room.paint(palettes);
  },
});
pictures.follow();
const presses = createPresses({
  root,
  session,
  context: {
    openHelp: guide.openHelp,
    openShare: takeaway.openShare,
    openExport: takeaway.openExport,
    undo: takeaway.undo,
    redo: takeaway.redo,
    leaveSeed: () => change(withoutSeed),
    nextTheme: theme.next,
    openOwnPoints: own.open,
    showOutput: deeds.showOutput,
    regenerate: deeds.drawPoints,
    changeSpeed: deeds.changeSpeed,
    toggle: (part) => store.update((state) => ({ ...state, [part]: !state[part] })),
    explain: guide.toggleExplain,
    showStarts: guide.showStarts,
  },
});

// The line to the server

const line = createLine(byId("reconnecting"), {
  onOffer() {
    if (offersReload(store.get())) reload();
    else session.reopen();
  },
});
store.subscribe(
  ({ connection, trouble }) => [connection, trouble],
  () => {
    root.dataset.connection = store.get().connection;
    line.update(lineOf(store.get()));
  },
);
store.subscribe((state) => [shownTarget(state), state.showConfusion], session.watch);
store.subscribe(({ ended }) => ended, telling.end);
globalThis.addEventListener("online", session.look);
globalThis.addEventListener("online", session.retryNow);
document.addEventListener("visibilitychange", () => {
  session.watch();
  session.look();
  if (document.hidden) keep();
  else session.retryNow();
});
setInterval(session.look, LOOK_PAUSE);
calm.addEventListener("change", session.watch);
globalThis.addEventListener("pagehide", keep);

/** Writes down what the next visit needs, with the address as it should be. */
function keep() {
  store.flush();
  session.save();
}

function reload() {
  keep();
  location.reload();
}

/** A full server has let this tab through because of its token; the address need not say so any longer. */
function forgetReturn() {
  const url = new URL(location.href);
  if (!url.searchParams.has("return")) return;
  url.searchParams.delete("return");
  history.replaceState(null, "", url);
}
