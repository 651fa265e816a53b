/** The page: brings connection, state, actions and views together. */

/** @import { Catalog } from "./types/app.js" */

import { createActionBindings } from "./app/action-bindings.js";
import { createCommands } from "./app/commands.js";
import { createConnectionUpkeep } from "./app/connection-upkeep.js";
import { createHelp } from "./app/help.js";
import { dropReturnMarker, joinServer } from "./app/join.js";
import { createNotifications } from "./app/notifications.js";
import { createOwnData } from "./app/own-data.js";
import { createVisuals } from "./app/panels/visuals.js";
import { createSettings } from "./app/settings.js";
import { createSharing } from "./app/share-and-export.js";
import { beginningOf } from "./io/open.js";
import { createPointStore } from "./io/own-points-storage.js";
import { clientId } from "./lib/data/client-id.js";
import { byId, find, findAll } from "./lib/dom/dom.js";
import { decodeLanguage, useLanguage } from "./lib/text/i18n.js";
import { createApi } from "./net/api.js";
import { socketUrl } from "./net/connection.js";
import { createDiagnosis } from "./net/connection-diagnosis.js";
import { canDecompress, createDecompressor } from "./net/frame-decompression.js";
import { findRecord } from "./net/resume-token-storage.js";
import { createSession } from "./net/session.js";
import { createLanguageChoice } from "./views/shell/language.js";
import { createNotices, createStatus } from "./views/shell/notices.js";
import { createTheme } from "./views/shell/theme.js";

/** Frames a second to ask for, and for people who prefer reduced motion. */
const FRAME_RATE = 20;
const CALM_FRAME_RATE = 4;

const root = document.documentElement;
// The browser is loading the page in another language.
if ("leaving" in root.dataset) await new Promise(() => {});
useLanguage(decodeLanguage(find(document, "#strings", HTMLScriptElement).textContent ?? ""));
/** @type {Catalog} */
const catalog = JSON.parse(find(document, "#catalog", HTMLScriptElement).textContent ?? "");

// The server, and what the visit begins with

const auth = await joinServer(globalThis);
const points = createPointStore((place) => globalThis[place]);
const openers = { catalog, api: createApi(location.href, auth.fetch), points };
const record = findRecord(() => sessionStorage, location.hash);
dropReturnMarker(globalThis);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const session = createSession({
  catalog,
  url: socketUrl(location.href),
  join: auth.required ? auth.ensureJoined : undefined,
  diagnose: createDiagnosis(location.href),
  record,
  getStorage: () => sessionStorage,
  address: () => location.hash,
  client: clientId(() => localStorage),
  beginning: () => beginningOf(openers, location.hash.slice(1)),
  frameRate: () => (calm.matches ? CALM_FRAME_RATE : FRAME_RATE),
  isHidden: () => document.hidden,
  createDecompressor: canDecompress ? createDecompressor : undefined,
});

// The parts of the page

const notices = createNotices(byId("toasts"));
const { show } = notices;
const { update: announce } = createStatus(byId("status"));
const theme = createTheme(root, { button: byId("theme") });
createLanguageChoice(findAll(document, "[data-language-choice]", HTMLSelectElement), { page: globalThis });
const commands = createCommands({ catalog, session });
const sharing = createSharing({ catalog, session, openers, show, announce });
const settings = createSettings({ catalog, session, commands, theme });
const ownData = createOwnData({ catalog, session, commands, theme, show });
const help = createHelp({ root, catalog, session, commands, theme, notices });
const visuals = createVisuals({ root, catalog, session, commands, settings, sharing, theme });
const { perform } = createActionBindings({ root, session, commands, help, ownData, sharing, theme });
const { reload } = createConnectionUpkeep({ root, session, calm });
createNotifications({
  catalog,
  session,
  visuals,
  perform,
  showRule: settings.showRule,
  notices,
  announce,
  page: root.dataset.revision,
  reload,
});
