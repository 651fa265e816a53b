/** Own points: their entry among the data sets, their editor, and their storage in the browser. */

/**
 * @import { Catalog, Palettes, View } from "../types/app.js"
 * @import { Theme } from "../views/shell/theme.js"
 * @import { Commands } from "./commands.js"
 * @import { PointSet } from "../own-data/point-set.js"
 * @import { Notice } from "./notifications.js"
 * @import { OwnEditor } from "../views/own-data/editor.js"
 * @import { Session } from "../net/session.js"
 */

import { throttle } from "../lib/data/timing.js";
import { byId, find } from "../lib/dom/dom.js";
import { keepFocus } from "../lib/dom/focus.js";
import { readStored, writeStored } from "../lib/dom/storage.js";
import { phrase } from "../lib/text/i18n.js";
import { fromSamples, ownSet } from "../model/own-points.js";
import { classesOf } from "../model/problem.js";
import { NO_POINTS, readPointSet, readTargets, toTargets } from "../own-data/point-set.js";
import { createOwnEntry } from "../views/own-data/dataset-choice.js";
import { listenForTables } from "../views/own-data/drop.js";

/** Storage keys of the draft and of the points last used, and the shortest time between two writes, in milliseconds. */
const DRAFT = "own-points-draft";
const USED = "own-points-used";
const DRAFT_PAUSE = 500;

/** @typedef {ReturnType<typeof createOwnData>} OwnData */

/**
 * @param {object} options
 * @param {Catalog} options.catalog
 * @param {Session} options.session
 * @param {Commands} options.commands
 * @param {Theme} options.theme
 * @param {(notice: Notice) => void} options.show
 */
export function createOwnData({ catalog, session, commands, theme, show }) {
  const { store } = session;
  store.update((state) => ({ ...state, ownPoints: readTargets(readStored(USED)) }));

  const saveDraft = throttle((/** @type {PointSet} */ draft) => {
    entry.setDraft(draft);
    writeStored(DRAFT, draft);
  }, DRAFT_PAUSE);
  globalThis.addEventListener("pagehide", saveDraft.flush);

  const savedDraft = readPointSet(readStored(DRAFT)) ?? NO_POINTS;
  const place = byId("own-entry");
  const entry = createOwnEntry(place, {
    region: catalog.region,
    onChoose: commands.useOwnPoints,
  });
  entry.setDraft(savedDraft);
  /** @type {(View<{ enabled: boolean }> & OwnEditor) | null} */
  let editor = null;
  /** @type {Promise<(View<{ enabled: boolean }> & OwnEditor) | null> | null} */
  let loading = null;

  async function createEditor() {
    const { createOwnEditor } = await import("../views/own-data/editor.js");
    editor = createOwnEditor(find(document, "#own", HTMLDialogElement), {
      region: catalog.region,
      draft: savedDraft,
      present: () => fromSamples(session.runData.points, classesOf(catalog, store.get().experiment)),
      onDraft: saveDraft.push,
      onUse(set) {
        store.update((state) => ({ ...state, ownPoints: toTargets(set) }));
        commands.useOwnPoints();
      },
    });
    editor.update({ enabled: store.get().connection === "open" });
    editor.paint(theme.palettes);
    return editor;
  }

  /** The editor is a quarter of the page's script, so it is loaded when the pointer or the focus is on its button. */
  function load() {
    loading ??= createEditor().catch(() => {
      loading = null;
      return null;
    });
    return loading;
  }
  for (const type of ["pointerenter", "focusin"]) place.addEventListener(type, load);

  /** @param {(editor: OwnEditor) => void} perform */
  async function withEditor(perform) {
    const loaded = editor ?? (await load());
    if (loaded) perform(loaded);
    else show({ key: "own", kind: "error", title: phrase("own.not-loaded"), text: phrase("own.load-again") });
  }

  listenForTables(document, (file) => withEditor((loaded) => loaded.readFile(file)));

  function update() {
    const { wanted, connection, ownPoints } = store.get();
    const enabled = connection === "open";
    entry.update({ used: ownSet(ownPoints), chosen: wanted.data.points !== null, enabled });
    editor?.update({ enabled });
  }

  store.subscribe(({ connection, wanted, ownPoints }) => [connection, wanted, ownPoints], keepFocus(update));
  store.subscribe(
    ({ ownPoints }) => ownPoints,
    (ownPoints) => writeStored(USED, ownPoints),
  );

  /** @param {Palettes} palettes */
  function paint(palettes) {
    entry.paint(palettes);
    editor?.paint(palettes);
  }
  paint(theme.palettes);
  theme.on("change", paint);

  return { open: () => withEditor((loaded) => loaded.open()) };
}
