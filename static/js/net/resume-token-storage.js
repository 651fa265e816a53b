/**
 * Stores the resume token of this tab, with the rest of what the tab has to remember. A new token is stored only when its
 * epoch has been drawn; otherwise the loss curves would have a gap after a reload.
 */

/**
 * @import { Checkpoint, State } from "../types/app.js"
 * @import { Kept, Place } from "./tab-record.js"
 * @import { Stream } from "./run-data.js"
 */

import {
  dropRecord,
  packLosses,
  readLosses,
  readRecord,
  unpackLosses,
  writeLosses,
  writeRecord,
} from "./tab-record.js";

/** Refusals of tokens that may be good later: the clock or the version of the server may be another then. */
const MAY_BE_GOOD_LATER = new Set(["resume-expired", "resume-engine", "resume-version"]);

/** @typedef {ReturnType<typeof createPocket>} Pocket */

/**
 * What a tab has kept, if it is about the experiment of its address.
 * @param {Place} place
 * @param {string} address what stands behind `#`
 * @returns {Kept | null}
 */
export function findKept(place, address) {
  const kept = readRecord(place);
  return kept?.address === address ? kept : null;
}

/**
 * @param {object} options
 * @param {Place} options.place
 * @param {Kept | null} options.kept from before the page was loaded
 * @param {() => string} options.address what stands behind `#` now
 */
export function createPocket({ place, kept, address }) {
  let token = kept?.token ?? null;
  /** @type {Checkpoint | null} whose epoch has not been seen yet */
  let ahead = null;
  /** Whether the record has a refused token that may be good at the next visit. */
  let setAside = false;

  /**
   * @param {Stream} stream
   * @param {Checkpoint} checkpoint
   */
  const isSeen = ({ history, trainLoss }, checkpoint) =>
    checkpoint.history === history && checkpoint.epoch < trainLoss.length;

  const pocket = {
    /** What to come back with, or null. */
    get token() {
      return token;
    },

    /**
     * @param {Checkpoint} checkpoint
     * @param {Stream} stream
     * @param {State} state
     */
    offer(checkpoint, stream, state) {
      ahead = checkpoint;
      pocket.settle(stream, state);
    },

    /**
     * A frame has come: what waited for it may now be kept.
     * @param {Stream} stream
     * @param {State} state
     */
    settle(stream, state) {
      if (ahead === null || !isSeen(stream, ahead)) return;
      token = ahead.token;
      // A run that has not trained is no reason to give up the one that was refused.
      if (ahead.epoch > 0) setAside = false;
      ahead = null;
      pocket.save(stream, state);
    },

    /**
     * Writes down all but the losses.
     * @param {Stream} stream
     * @param {State} state
     */
    save(stream, state) {
      if (token === null || setAside) return;
      const { experiment, speed, history, marks } = state;
      writeRecord(place, {
        token,
        address: address(),
        experiment,
        speed,
        undo: history,
        marks,
        history: stream.history,
        run: stream.run,
      });
    },

    /**
     * Writes down everything: the page may be about to go.
     * @param {Stream} stream
     * @param {State} state
     */
    saveAll(stream, state) {
      if (token === null || setAside) return;
      pocket.save(stream, state);
      const { trainLoss, testLoss, validationLoss } = stream;
      writeLosses(place, {
        history: stream.history,
        train: packLosses(trainLoss),
        test: packLosses(testLoss),
        validation: packLosses(validationLoss),
      });
    },

    /**
     * Comes back without the token; it is forgotten only if it can never be good.
     * @param {string} code why the server refuses it
     */
    refuse(code) {
      setAside = MAY_BE_GOOD_LATER.has(code);
      if (!setAside) pocket.drop();
      token = null;
      ahead = null;
    },

    /** Forgets the run. */
    drop() {
      token = null;
      ahead = null;
      dropRecord(place);
    },

    /**
     * Puts the curves of before back.
     * @param {Stream} stream
     */
    restore(stream) {
      if (kept === null) return;
      stream.run = kept.run;
      stream.history = kept.history;
      const losses = readLosses(place);
      if (losses?.history !== kept.history) return;
      stream.recall(unpackLosses(losses.train), unpackLosses(losses.test), unpackLosses(losses.validation));
    },
  };
  return pocket;
}
