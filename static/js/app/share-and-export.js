/** Sharing, opening and files: undo, the address, links, files and exports. */

/**
 * @import { Catalog } from "../types/app.js"
 * @import { Notice } from "./notifications.js"
 * @import { Openers } from "../io/open.js"
 * @import { Targets } from "../own-data/point-set.js"
 * @import { Session } from "../net/session.js"
 */

import { openFile, openLink, sentenceOf } from "../io/open.js";
import { classicAddress } from "../io/tf-playground.js";
import { byId, find } from "../lib/dom/dom.js";
import { listenForDrops } from "../lib/dom/download.js";
import { createExport } from "../views/dialogs/export.js";
import { createShare } from "../views/dialogs/share.js";
import { createExportFiles } from "./export-files.js";
import { createUndoAndUrl } from "./undo-and-url.js";

/** @typedef {ReturnType<typeof createSharing>} Sharing */

/**
 * @param {object} options
 * @param {Catalog} options.catalog
 * @param {Session} options.session
 * @param {Openers & { points: { write: (own: Targets) => boolean } }} options.openers
 * @param {(notice: Notice) => void} options.show
 * @param {(sentence: string) => void} options.announce writes into the live region
 */
export function createSharing({ catalog, session, openers, show, announce }) {
  const { store } = session;
  const { api } = openers;

  const undoAndUrl = createUndoAndUrl({ openers, session, page: globalThis, show, announce });
  const files = createExportFiles({
    catalog,
    session,
    api,
    paper: byId("paper"),
  });
  const exporter = createExport(find(document, "#export", HTMLDialogElement), { ...files, sentenceOf });
  const share = createShare(find(document, "#share", HTMLDialogElement), {
    describe: () => ({ address: undoAndUrl.address(), ownPoints: store.get().wanted.data.points !== null }),
    classicLink: () => classicAddress(api, store.get().experiment),
    onLink: async (text) => undoAndUrl.open(await openLink(openers, text, location.href)),
    onFile: async (file) => undoAndUrl.open(await openFile(openers, file)),
    sentenceOf,
  });

  listenForDrops(globalThis, async (file) => {
    try {
      undoAndUrl.open(await openFile(openers, file));
    } catch (error) {
      undoAndUrl.showRefusal(sentenceOf(error));
    }
  });

  return {
    undo: undoAndUrl.undo,
    redo: undoAndUrl.redo,
    setParameter: undoAndUrl.setParameter,
    openShare: share.open,
    openExport: exporter.open,
  };
}
