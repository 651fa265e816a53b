/** Undo and redo, and the address of the page, which always describes the experiment. Knows no view. */

/**
 * @import { Experiment, Opening, UndoStack, ParameterAddress, ParameterEdit } from "../types/app.js"
 * @import { Notice } from "./notifications.js"
 * @import { Openers } from "../io/open.js"
 * @import { Targets } from "../own-data/point-set.js"
 * @import { Session } from "../net/session.js"
 */

import { isAboutExperiment, openLink, sentenceOf } from "../io/open.js";
import { isEqual } from "../lib/data/equal.js";
import { phrase } from "../lib/text/i18n.js";
import {
  changedFields,
  createUndoStack,
  isEdit,
  redone,
  undone,
  withEdit,
  withExperiment,
} from "../model/undo-stack.js";
import { openedNotices, refusedNotice } from "../text/opened-notices.js";

/** Most values in one `set_parameters` command. */
const MOST_VALUES = 2048;

/**
 * @typedef {object} UndoAndUrlOptions
 * @property {Openers & { points: { write: (own: Targets) => boolean } }} openers
 * @property {Session} session
 * @property {Pick<Window, "location" | "history" | "addEventListener">} page
 * @property {(notice: Notice) => void} show
 * @property {(sentence: string) => void} announce writes into the live region
 * @property {() => number} [now] milliseconds
 */

/** @typedef {ReturnType<typeof createUndoAndUrl>} UndoAndUrl */

/**
 * @param {UndoAndUrlOptions} options
 */
export function createUndoAndUrl({ openers, session, page, show, announce, now = () => performance.now() }) {
  const { catalog, points } = openers;
  const { store } = session;
  const scope = new AbortController();
  let started = false;
  /** The origin of the next confirmed change: a control, undo or the address, or an opened link or file. */
  let origin = /** @type {"change" | "follow" | "open"} */ ("change");
  /** @type {Opening | null} its network is sent once the server has its experiment */
  let opened = null;
  /** Number of addresses followed so far: a slow one must not overtake the next. */
  let followed = 0;
  /** @type {(() => void)[]} steps of undo and redo for when the server has answered a change */
  const waiting = [];

  // Confirmed changes

  function handleSettled() {
    const { experiment, pending, connection, undoStack } = store.get();
    if (connection !== "open") waiting.length = 0;
    if (connection !== "open" || pending.length > 0) return;
    const before = undoStack.present;
    if (!started) {
      started = true;
      if (!isEqual(before, experiment))
        store.update((state) => ({ ...state, undoStack: createUndoStack(experiment) }));
      writeAddress(experiment, "replace");
      return;
    }
    const isRefused = isEqual(before, experiment);
    if (!isRefused) record(experiment);
    const large = origin === "open" || (origin === "change" && isLarge(before, experiment));
    writeAddress(experiment, large ? "push" : "replace");
    origin = "change";
    setNetwork(experiment);
    // A change that was refused is undone by that.
    for (const step of waiting.splice(0).slice(isRefused ? 1 : 0)) step();
  }

  /** @param {Experiment} experiment */
  function record(experiment) {
    store.update((state) => ({
      ...state,
      undoStack: withExperiment(state.undoStack, catalog, experiment, now()),
    }));
  }

  /**
   * Whether a change is worth an entry in the browser's history: another data set, or own points in place of one.
   * @param {Experiment} before
   * @param {Experiment} after
   */
  function isLarge({ data: before }, { data: after }) {
    return before.dataset !== after.dataset || (before.points === null) !== (after.points === null);
  }

  /** @param {Experiment} experiment */
  function setNetwork(experiment) {
    const opening = opened;
    opened = null;
    if (!opening?.network || !isEqual(opening.experiment, experiment)) return;
    const { parameters, epoch } = opening.network;
    session.send({ type: "reset", new_seed: false });
    for (let start = 0; start < parameters.length; start += MOST_VALUES) {
      const values = parameters.slice(start, start + MOST_VALUES);
      session.send({ type: "set_parameters", start, values });
    }
    show({
      key: "opened",
      kind: "info",
      title: phrase("keeping.opened"),
      text: phrase("keeping.opened-text", { epoch }),
    });
  }

  // The address

  /** The whole address of the confirmed experiment. */
  function wholeAddress() {
    const url = new URL(page.location.href);
    url.hash = store.get().address;
    return url.href.replace(/#$/, "");
  }

  /**
   * @param {Experiment} experiment
   * @param {"replace" | "push"} how
   */
  function writeAddress(experiment, how) {
    const { points: own, point_classes } = experiment.data;
    if (own !== null) points.write({ points: own, point_classes });
    const address = wholeAddress();
    if (address === page.location.href) return;
    if (how === "push") page.history.pushState(null, "", address);
    else page.history.replaceState(null, "", address);
  }

  /** Opens the address after navigation in the browser's history, or after it was edited. */
  async function follow() {
    followed += 1;
    const turn = followed;
    const fragment = page.location.hash.slice(1);
    const { experiment, wanted } = store.get();
    if (wholeAddress() === page.location.href) return;
    if (!isAboutExperiment(fragment)) {
      writeAddress(experiment, "replace");
      return;
    }
    try {
      const opening = await openLink(openers, `#${fragment}`);
      // What was changed in the meantime is newer.
      if (turn === followed && isEqual(store.get().wanted, wanted)) openExperiment(opening, "follow");
    } catch (error) {
      if (turn !== followed) return;
      showRefusal(sentenceOf(error));
      writeAddress(store.get().experiment, "replace");
    }
  }

  // Opening

  /**
   * @param {Opening} opening
   * @param {typeof origin} how
   */
  function openExperiment(opening, how) {
    if (store.get().connection !== "open") {
      showRefusal(phrase("service.no-answer"));
      return;
    }
    for (const notice of openedNotices(opening)) show(notice);
    origin = how;
    opened = opening;
    session.replace(opening.experiment);
  }

  /** @param {string} sentence */
  const showRefusal = (sentence) => show(refusedNotice(sentence));

  // Undo and redo

  /**
   * @param {(undoStack: UndoStack) => UndoStack} move
   * @param {"past" | "future"} from the list that the entry comes from
   * @param {string} key key of the announcement
   */
  function step(move, from, key) {
    const { wanted, pending, undoStack, connection } = store.get();
    if (connection !== "open" || !started) return;
    // What a change results in is only known when the server has adapted the other fields.
    if (pending.some(({ changes }) => changes)) {
      waiting.push(() => step(move, from, key));
      return;
    }
    if (!isEqual(wanted, undoStack.present)) record(wanted);
    const before = store.get().undoStack;
    const entry = before[from].at(from === "past" ? -1 : 0);
    const after = move(before);
    if (after === before) return;
    store.update((state) => ({ ...state, undoStack: after }));
    if (isEdit(entry)) {
      // An edit of an earlier network cannot be applied any more.
      if (entry.run !== store.get().run) step(move, from, key);
      else restoreParameter(entry, from === "past" ? entry.before : entry.after, key);
      return;
    }
    origin = "follow";
    opened = null;
    session.replace(after.present);
    const [path, ...others] = changedFields(catalog, before.present, after.present);
    const label = catalog.fields[path ?? ""]?.label ?? phrase("keeping.a-change");
    announce(phrase(others.length > 0 ? `${key}-with-others` : key, { label }));
  }

  /**
   * @param {ParameterEdit} edit
   * @param {number} value
   * @param {string} key
   */
  function restoreParameter({ address }, value, key) {
    session.setParameter(address, shortest(value));
    const label = phrase(address.input === "bias" ? "keeping.a-bias" : "keeping.a-weight");
    announce(phrase(key, { label }));
  }

  const stop = store.subscribe(
    ({ experiment, pending, connection }) => [experiment, pending, connection],
    handleSettled,
  );
  page.addEventListener("popstate", follow, { signal: scope.signal });
  page.addEventListener("hashchange", follow, { signal: scope.signal });

  return {
    undo: () => step(undone, "past", "keeping.undone"),
    redo: () => step(redone, "future", "keeping.redone"),

    /**
     * Sets one weight or bias by hand, with an entry in the undo stack.
     * @param {ParameterAddress} address
     * @param {number} value
     * @param {number} before the present value
     */
    setParameter(address, value, before) {
      session.setParameter(address, value);
      store.update((state) => {
        const edit = { address, before, after: value, run: state.run };
        return { ...state, undoStack: withEdit(state.undoStack, edit, now()) };
      });
    },

    /** The whole address of the experiment, without the language, which each reader chooses. */
    address() {
      const url = new URL(wholeAddress());
      url.searchParams.delete("language");
      return url.href;
    },
    /** @param {Opening} opening */
    open: (opening) => openExperiment(opening, "open"),
    showRefusal,
    destroy() {
      stop();
      scope.abort();
    },
  };
}

/**
 * The shortest decimal number with the same 32-bit value.
 * @param {number} value
 * @returns {number}
 */
function shortest(value) {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}
