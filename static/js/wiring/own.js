/** Own points: their place among the data sets, the editor, and what of them is kept in the browser. */

/**
 * @import { Catalog, Palettes } from "../types/app.js"
 * @import { Deeds } from "./deeds.js"
 * @import { PointSet } from "../own-data/point-set.js"
 * @import { Session } from "../session.js"
 */

import { byId, find } from "../lib/dom.js";
import { readDraft, writeDraft } from "../lib/drafts.js";
import { keepFocus } from "../lib/focus.js";
import { throttle } from "../lib/timing.js";
import { NO_POINTS, readPointSet, readTargets, toTargets } from "../own-data/point-set.js";
import { fromSamples, ownSet } from "../own-points.js";
import { classesOf } from "../problem.js";
import { createOwnEditor } from "../views/own-editor.js";
import { createOwnEntry } from "../views/own-entry.js";

/** Where own points are kept in the browser: what was drawn, and what was last used; and how often, in milliseconds. */
const DRAFT = "own-points-draft";
const USED = "own-points-used";
const DRAFT_PAUSE = 500;

/**
 * @param {object} options
 * @param {Catalog} options.catalog
 * @param {Session} options.session
 * @param {Deeds} options.deeds
 */
export function createOwn({ catalog, session, deeds }) {
  const { store, stream } = session;
  store.update((state) => ({ ...state, ownPoints: readTargets(readDraft(USED)) }));

  const keepDraft = throttle((/** @type {PointSet} */ draft) => {
    entry.setDraft(draft);
    writeDraft(DRAFT, draft);
  }, DRAFT_PAUSE);
  globalThis.addEventListener("pagehide", keepDraft.flush);

  const savedDraft = readPointSet(readDraft(DRAFT)) ?? NO_POINTS;
  const entry = createOwnEntry(byId("own-entry"), {
    region: catalog.region,
    onChoose: deeds.useOwnPoints,
  });
  entry.setDraft(savedDraft);
  const editor = createOwnEditor(find(document, "#own", HTMLDialogElement), {
    region: catalog.region,
    draft: savedDraft,
    present: () => fromSamples(stream, classesOf(catalog, store.get().experiment)),
    onDraft: keepDraft.push,
    onUse(set) {
      store.update((state) => ({ ...state, ownPoints: toTargets(set) }));
      deeds.useOwnPoints();
    },
  });

  function update() {
    const { wanted, connection, ownPoints } = store.get();
    const enabled = connection === "open";
    entry.update({ used: ownSet(ownPoints), chosen: wanted.data.points !== null, enabled });
    editor.update({ enabled });
  }

  store.subscribe(({ connection, wanted, ownPoints }) => [connection, wanted, ownPoints], keepFocus(update));
  store.subscribe(
    ({ ownPoints }) => ownPoints,
    (ownPoints) => writeDraft(USED, ownPoints),
  );

  return {
    open: editor.open,

    /** @param {Palettes} palettes */
    paint(palettes) {
      entry.paint(palettes);
      editor.paint(palettes);
    },
  };
}
