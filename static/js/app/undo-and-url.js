/** Undo and redo, and an address that always describes the experiment. Knows no view. */

/**
 * @import { Experiment, UndoStack, ParameterAddress, ParameterEdit } from "../types/app.js"
 * @import { Notice } from "./notifications.js"
 * @import { Openers, Opening } from "../io/open.js"
 * @import { OwnPoints } from "../io/build-experiment.js"
 * @import { Session } from "../net/session.js"
 */

import { isAboutExperiment, openFragment, sentenceOf } from "../io/open.js";
import { encodeAddress } from "../io/permalink.js";
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

/** Values that one command may carry. */
const MOST_VALUES = 2048;

/**
 * @typedef {object} UndoAndUrlOptions
 * @property {Openers & { points: { write: (own: OwnPoints) => boolean } }} openers
 * @property {Session} session
 * @property {Pick<Window, "location" | "history" | "addEventListener">} page
 * @property {(notice: Notice) => void} show
 * @property {(sentence: string) => void} announce into the live region
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
  /** How the next settled change came about: asked for by a control, taken back or followed, or opened. */
  let origin = /** @type {"change" | "follow" | "open"} */ ("change");
  /** @type {Opening | null} its network is to be set when the server has its experiment */
  let opened = null;
  /** How often an address has been followed, so that a slow one does not overtake the next. */
  let followed = 0;

  // What has come to hold

  function handleSettled() {
    const { experiment, pending, connection, undoStack } = store.get();
    if (connection !== "open" || pending !== null) return;
    const before = undoStack.present;
    if (!started) {
      started = true;
      if (!isEqual(before, experiment))
        store.update((state) => ({ ...state, undoStack: createUndoStack(experiment) }));
      writeAddress(experiment, "replace");
      return;
    }
    if (!isEqual(before, experiment)) record(experiment);
    const large = origin === "open" || (origin === "change" && isLarge(before, experiment));
    writeAddress(experiment, large ? "push" : "replace");
    origin = "change";
    setNetwork(experiment);
  }

  /** @param {Experiment} experiment */
  function record(experiment) {
    store.update((state) => ({
      ...state,
      undoStack: withExperiment(state.undoStack, catalog, experiment, now()),
    }));
  }

  /**
   * Another data set, or own points in place of one: worth an entry of its own behind the Back button.
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
    const { values, epoch } = opening.network;
    session.send({ type: "reset", newSeed: false });
    for (let start = 0; start < values.length; start += MOST_VALUES) {
      const part = Array.from(values.subarray(start, start + MOST_VALUES));
      const exact = values instanceof Float64Array ? part : part.map(shortest);
      session.send({ type: "set_parameters", start, values: exact });
    }
    show({
      key: "opened",
      kind: "info",
      title: phrase("keeping.opened"),
      text: phrase("keeping.opened-text", { epoch }),
    });
  }

  // The address

  /** @param {Experiment} experiment */
  function addressOf(experiment) {
    const url = new URL(page.location.href);
    url.hash = encodeAddress(catalog, experiment);
    return url.href.replace(/#$/, "");
  }

  /**
   * @param {Experiment} experiment
   * @param {"replace" | "push"} how
   */
  function writeAddress(experiment, how) {
    const { points: own, pointClasses } = experiment.data;
    if (own !== null) points.write({ points: own, pointClasses });
    const address = addressOf(experiment);
    if (address === page.location.href) return;
    if (how === "push") page.history.pushState(null, "", address);
    else page.history.replaceState(null, "", address);
  }

  /** Takes up the address that somebody has gone back to, or typed. */
  async function follow() {
    followed += 1;
    const turn = followed;
    const fragment = page.location.hash.slice(1);
    const { wanted } = store.get();
    if (addressOf(wanted) === page.location.href) return;
    if (!isAboutExperiment(fragment)) {
      writeAddress(wanted, "replace");
      return;
    }
    try {
      const opening = await openFragment(openers, fragment);
      if (turn === followed) openExperiment(opening, "follow");
    } catch (error) {
      showRefusal(sentenceOf(error));
      writeAddress(store.get().wanted, "replace");
    }
  }

  // What is opened

  /**
   * @param {Opening} opening
   * @param {typeof origin} how
   */
  function openExperiment(opening, how) {
    if (store.get().connection !== "open") {
      showRefusal(phrase("service.no-answer"));
      return;
    }
    showProblems(opening);
    origin = how;
    opened = opening;
    session.change(() => opening.experiment);
  }

  /** @param {Partial<Opening>} opening */
  function showProblems({ problems = [], missesPoints = false }) {
    if (problems.length > 0) {
      show({
        key: "passed-over",
        kind: "warning",
        title: phrase("keeping.passed-over"),
        text: problems
          .map((problem) => phrase("keeping.problem", { problem }))
          .join(phrase("keeping.between")),
      });
    }
    if (missesPoints) {
      show({
        key: "own-points",
        kind: "warning",
        title: phrase("keeping.no-points"),
        text: phrase("keeping.no-points-text"),
      });
    }
  }

  /** @param {string} sentence */
  function showRefusal(sentence) {
    show({ key: "passed-over", kind: "error", title: phrase("keeping.refused"), text: sentence });
  }

  // Back and forth

  /**
   * @param {(undoStack: UndoStack) => UndoStack} move
   * @param {"past" | "future"} from where the entry is taken from
   * @param {string} key key of what is said
   */
  function step(move, from, key) {
    const { wanted, undoStack, connection } = store.get();
    if (connection !== "open" || !started) return;
    if (!isEqual(wanted, undoStack.present)) record(wanted);
    const before = store.get().undoStack;
    const entry = before[from].at(from === "past" ? -1 : 0);
    const after = move(before);
    if (after === before) return;
    store.update((state) => ({ ...state, undoStack: after }));
    if (isEdit(entry)) {
      // The weights of an earlier network are gone with it.
      if (entry.run !== store.get().run) step(move, from, key);
      else restoreParameter(entry, from === "past" ? entry.before : entry.after, key);
      return;
    }
    origin = "follow";
    opened = null;
    session.change(() => after.present);
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
     * Sets one weight or bias by hand, so that it can be taken back.
     * @param {ParameterAddress} address
     * @param {number} value
     * @param {number} before what it was
     */
    setParameter(address, value, before) {
      session.setParameter(address, value);
      store.update((state) => {
        const edit = { address, before, after: value, run: state.run };
        return { ...state, undoStack: withEdit(state.undoStack, edit, now()) };
      });
    },

    /** The address of what the page wants now, whole, without the language, which each reader chooses. */
    address() {
      const url = new URL(addressOf(store.get().wanted));
      url.searchParams.delete("language");
      return url.href;
    },
    /** @param {Opening} opening */
    open: (opening) => openExperiment(opening, "open"),
    showRefusal,
    /**
     * Tells what the page's own address could not give.
     * @param {Partial<Opening> & { refusal?: string }} start
     */
    begin(start) {
      showProblems(start);
      if (start.refusal) showRefusal(start.refusal);
    },
    destroy() {
      stop();
      scope.abort();
    },
  };
}

/**
 * The shortest decimal number that is the same in 32 bits.
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
