/**
 * Stores the resume token of this tab, with the rest of its record. A new token is stored only when its
 * epoch has been drawn; otherwise the loss curves would have a gap after a reload.
 */

/**
 * @import { Checkpoint, State } from "../types/app.js"
 * @import { TabRecord, StorageSource } from "./tab-record.js"
 * @import { RunData } from "./run-data.js"
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

/** Codes of refusals that may not last: the clock or the version of the server may change. */
const MAY_BE_GOOD_LATER = new Set(["resume-expired", "resume-engine", "resume-version"]);

/** @typedef {ReturnType<typeof createResumeStorage>} ResumeStorage */

/**
 * The record of this tab, if it belongs to the experiment of the address.
 * @param {StorageSource} getStorage
 * @param {string} address the fragment, with `#`
 * @returns {TabRecord | null}
 */
export function findRecord(getStorage, address) {
  const record = readRecord(getStorage);
  return record?.address === address ? record : null;
}

/**
 * @param {object} options
 * @param {StorageSource} options.getStorage
 * @param {TabRecord | null} options.record from before the page was loaded
 * @param {() => string} options.address the present fragment, with `#`
 */
export function createResumeStorage({ getStorage, record, address }) {
  let token = record?.token ?? null;
  /** @type {Checkpoint | null} whose epoch has not been drawn yet */
  let pending = null;
  /** Whether the record has a refused token that may be valid at the next visit. */
  let hasRefusedToken = false;

  /**
   * @param {RunData} runData
   * @param {Checkpoint} checkpoint
   */
  const isSeen = ({ lineage, losses }, checkpoint) =>
    checkpoint.lineage === lineage && checkpoint.epoch < losses.train.length;

  const resumeStorage = {
    /** The token to resume with, or null. */
    get token() {
      return token;
    },

    /**
     * @param {Checkpoint} checkpoint
     * @param {RunData} runData
     * @param {State} state
     */
    offer(checkpoint, runData, state) {
      pending = checkpoint;
      resumeStorage.settle(runData, state);
    },

    /**
     * Stores the pending token if the frames so far have its epoch.
     * @param {RunData} runData
     * @param {State} state
     */
    settle(runData, state) {
      if (pending === null || !isSeen(runData, pending)) return;
      token = pending.token;
      // A run that has not trained does not replace the run of a refused token.
      if (pending.epoch > 0) hasRefusedToken = false;
      pending = null;
      resumeStorage.save(runData, state);
    },

    /**
     * Writes the record without the losses.
     * @param {RunData} runData
     * @param {State} state
     */
    save(runData, state) {
      if (token === null || hasRefusedToken) return;
      const { experiment, speed, undoStack, marks } = state;
      writeRecord(getStorage, {
        token,
        address: address(),
        experiment,
        speed,
        undo: undoStack,
        marks,
        history: runData.lineage,
        run: runData.run,
      });
    },

    /**
     * Writes the record and the losses, before the page may be unloaded.
     * @param {RunData} runData
     * @param {State} state
     */
    saveAll(runData, state) {
      if (token === null || hasRefusedToken) return;
      resumeStorage.save(runData, state);
      const { train, test, validation } = runData.losses;
      writeLosses(getStorage, {
        history: runData.lineage,
        train: packLosses(train),
        test: packLosses(test),
        validation: packLosses(validation),
      });
    },

    /**
     * Continues without the token; it stays in the record if it may be valid later.
     * @param {string} code why the server refuses it
     */
    refuse(code) {
      hasRefusedToken = MAY_BE_GOOD_LATER.has(code);
      if (!hasRefusedToken) resumeStorage.drop();
      token = null;
      pending = null;
    },

    /** Removes the token and the record. */
    drop() {
      token = null;
      pending = null;
      dropRecord(getStorage);
    },

    /**
     * Restores lineage and losses of the record.
     * @param {RunData} runData of the run of the record
     */
    restore(runData) {
      if (record === null) return;
      runData.lineage = record.history;
      const losses = readLosses(getStorage);
      if (losses?.history !== record.history) return;
      const { train, test, validation } = losses;
      runData.recall({
        train: unpackLosses(train),
        test: unpackLosses(test),
        validation: unpackLosses(validation),
      });
    },
  };
  return resumeStorage;
}
