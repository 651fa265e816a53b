/** Sharing, opening and exporting: undo, the address, links, files and exports. */

/**
 * @import { Catalog } from "../types/app.js"
 * @import { Notice } from "./notifications.js"
 * @import { Openers, Opening } from "../io/open.js"
 * @import { OwnPoints } from "../io/build-experiment.js"
 * @import { Session } from "../net/session.js"
 */

import { openFile, openLink, sentenceOf } from "../io/open.js";
import { classicAddress } from "../io/tf-playground.js";
import { byId, find } from "../lib/dom/dom.js";
import { listenForDrops } from "../lib/dom/download.js";
import { createExport } from "../views/dialogs/export.js";
import { createShare } from "../views/dialogs/share.js";
import { paletteFor } from "../views/map/heatmap.js";
import { markOf } from "../views/map/points.js";
import { readPalettes } from "../views/shell/theme.js";
import { createExporting } from "./export-files.js";
import { createKeeping } from "./undo-and-url.js";

/**
 * @param {object} options
 * @param {Catalog} options.catalog
 * @param {Session} options.session
 * @param {Openers & { points: { write: (own: OwnPoints) => boolean } }} options.openers
 * @param {Partial<Opening> & { refusal?: string }} options.start what the page's own address gave
 * @param {(notice: Notice) => void} options.show
 * @param {(sentence: string) => void} options.say into the live region
 */
export function createTakeaway({ catalog, session, openers, start, show, say }) {
  const { store, stream } = session;
  const { service } = openers;

  const keeping = createKeeping({ openers, session, page: globalThis, show, say });
  keeping.begin(start);
  const exporting = createExporting({
    catalog,
    get: store.get,
    stream,
    exact: session.exact,
    service,
    paper: byId("paper"),
    readPalettes,
    paletteFor,
    markOf,
  });
  const exporter = createExport(find(document, "#export", HTMLDialogElement), { ...exporting, sentenceOf });
  const share = createShare(find(document, "#share", HTMLDialogElement), {
    describe: () => ({ address: keeping.address(), ownPoints: store.get().wanted.data.points !== null }),
    classicLink: () => classicAddress(service, store.get().experiment),
    onLink: async (text) => keeping.open(await openLink(openers, text, location.href)),
    onFile: async (file) => keeping.open(await openFile(openers, file)),
    sentenceOf,
  });

  return {
    undo: keeping.undo,
    redo: keeping.redo,
    setParameter: keeping.setParameter,
    openShare: share.open,
    openExport: exporter.open,

    /** Takes files that are dropped anywhere. After the editor of own points, which takes tables. */
    listenForFiles() {
      listenForDrops(document, async (file) => {
        try {
          keeping.open(await openFile(openers, file));
        } catch (error) {
          keeping.tellRefusal(sentenceOf(error));
        }
      });
    },
  };
}
