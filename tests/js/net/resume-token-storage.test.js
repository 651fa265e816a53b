import assert from "node:assert/strict";
import { test } from "node:test";
import { initialState } from "../../../static/js/model/state.js";
import { createResumeStorage, findRecord } from "../../../static/js/net/resume-token-storage.js";
import { createRunData } from "../../../static/js/net/run-data.js";
import { CATALOG, EXPERIMENT } from "../support/catalog.js";

const STATE = initialState(CATALOG);

/** A tab whose storage lasts, at the first epochs of a lineage. */
function createTab() {
  /** @type {Map<string, string>} */
  const items = new Map();
  const storage = {
    getItem: (/** @type {string} */ key) => items.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void items.set(key, value),
    removeItem: (/** @type {string} */ key) => void items.delete(key),
  };
  const getStorage = () => storage;
  const runData = createRunData(7);
  runData.lineage = 3;
  const visit = () =>
    createResumeStorage({ getStorage, record: findRecord(getStorage, "#a=1"), address: () => "#a=1" });
  return { visit, runData, find: (/** @type {string} */ address) => findRecord(getStorage, address) };
}

/** @param {string} token @param {number} epoch */
const checkpoint = (token, epoch) => ({
  type: /** @type {const} */ ("checkpoint"),
  id: null,
  token,
  epoch,
  lineage: 3,
  whole: false,
});

test("a token is stored once its epoch has been seen", () => {
  const { visit, runData, find } = createTab();
  const storage = visit();
  storage.offer(checkpoint("one", 1), runData, STATE);
  assert.equal(storage.token, null);

  for (const loss of [0.5, 0.25]) runData.losses.train.push(loss);
  storage.settle(runData, STATE);

  assert.equal(storage.token, "one");
  assert.equal(find("#a=1")?.token, "one");
  assert.equal(find("#a=2"), null);
});

test("a token of another lineage waits", () => {
  const { visit, runData } = createTab();
  runData.losses.train.push(0.5);
  const storage = visit();
  storage.offer({ ...checkpoint("other", 0), lineage: 4 }, runData, STATE);

  assert.equal(storage.token, null);
});

test("the next visit has token, run, experiment and losses of the one before", () => {
  const { visit, runData, find } = createTab();
  for (const loss of [0.5, 0.25]) runData.losses.train.push(loss);
  const first = visit();
  first.offer(checkpoint("one", 1), runData, STATE);
  first.saveAll(runData, STATE);

  const next = createRunData(find("#a=1")?.run ?? 0);
  const second = visit();
  second.restore(next);

  assert.equal(second.token, "one");
  assert.deepEqual([next.run, next.lineage, next.epoch, next.losses.train.at(1)], [7, 3, 1, 0.25]);
  assert.deepEqual(find("#a=1")?.experiment, EXPERIMENT);
});

test("a refused token is removed, or stays stored if it may be valid later", () => {
  for (const [code, stored] of /** @type {const} */ ([
    ["resume-forged", undefined],
    ["resume-expired", "one"],
  ])) {
    const { visit, runData, find } = createTab();
    runData.losses.train.push(0.5);
    const storage = visit();
    storage.offer(checkpoint("one", 0), runData, STATE);
    storage.refuse(code);

    assert.equal(storage.token, null);
    assert.equal(find("#a=1")?.token, stored, code);
  }
});
