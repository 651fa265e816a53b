import assert from "node:assert/strict";
import { test } from "node:test";
import { createColumn } from "../../../static/js/lib/data/column.js";
import { findRecord } from "../../../static/js/net/resume-token-storage.js";
import {
  dropRecord,
  hasRecord,
  MOST_EPOCHS,
  packLosses,
  readRecord,
  unpackLosses,
  writeRecord,
} from "../../../static/js/net/tab-record.js";
import { EXPERIMENT } from "../support/catalog.js";

/** @import { TabRecord } from "../../../static/js/net/tab-record.js" */

/** @param {number} [room] characters that fit */
function storage(room = Number.POSITIVE_INFINITY) {
  /** @type {Map<string, string>} */
  const items = new Map();
  const place = {
    getItem: (/** @type {string} */ key) => items.get(key) ?? null,
    setItem(/** @type {string} */ key, /** @type {string} */ value) {
      if (value.length > room) throw new Error("full");
      items.set(key, value);
    },
    removeItem: (/** @type {string} */ key) => void items.delete(key),
  };
  return () => place;
}

/** @type {TabRecord} */
const KEPT = {
  token: "token",
  address: "#x=1",
  experiment: EXPERIMENT,
  speed: null,
  run: 2,
  history: 1,
  undo: null,
  marks: [],
};

const refusing = () => {
  throw new Error("forbidden");
};

test("what is kept is read again, and is gone when it is dropped", () => {
  const place = storage();
  assert.equal(hasRecord(place), false);

  assert.equal(writeRecord(place, KEPT), true);
  assert.equal(readRecord(place)?.token, "token");
  assert.equal(hasRecord(place), true);

  dropRecord(place);
  assert.equal(hasRecord(place), false);
});

test("another address is another wish", () => {
  const place = storage();
  writeRecord(place, KEPT);

  assert.equal(findRecord(place, "#x=1")?.token, "token");
  assert.equal(findRecord(place, "#x=2"), null);
});

test("where nothing can be kept, nothing goes wrong", () => {
  assert.equal(writeRecord(refusing, KEPT), false);
  assert.equal(readRecord(refusing), null);
  dropRecord(refusing);
  assert.equal(writeRecord(storage(10), KEPT), false);
});

test("what makes no sense is passed over", () => {
  const place = storage();
  for (const text of ["{", "7", "null", '{"version":1}', '{"version":99,"token":"t"}']) {
    place().setItem("neural-playground-record", text);
    assert.equal(readRecord(place), null, text);
  }
});

test("a record of a former version of the page, with camelCase names, is read with those of the wire", () => {
  const place = storage();
  const training = { ...EXPERIMENT.training, optimizer_options: { weight_decay: 0.1 } };
  const edit = { address: { layer: 0, unit: 1, input: 2 }, before: 0.5, after: 1, run: 2 };
  const undo = { past: [{ ...EXPERIMENT, training }, edit], present: EXPERIMENT, future: [], moved: null };
  const marks = [{ epoch: 7, changes: [{ label: "Learning rate", from: "0.03", to: "0.1" }] }];
  const record = { version: 1, ...KEPT, undo, marks };
  const former = JSON.stringify(record).replace(/_([a-z])(?=\w*":)/g, (_, letter) => letter.toUpperCase());
  assert.match(former, /"learningRate":.*"optimizerOptions":/);
  place().setItem("neural-playground-record", former);

  assert.deepEqual(readRecord(place), record);
});

test("an undo history that is too long is left out, and the rest is kept", () => {
  const place = storage();
  const past = Array.from({ length: 1000 }, () => EXPERIMENT);

  writeRecord(place, { ...KEPT, undo: { past, present: EXPERIMENT, future: [], moved: null } });

  assert.equal(readRecord(place)?.undo, null);
});

/** @param {number} length */
function losses(length) {
  const column = createColumn();
  for (let epoch = 0; epoch < length; epoch++) column.push(1 / (epoch + 3));
  return column;
}

test("losses come back to the last bit, gaps included", () => {
  const column = losses(1000);
  column.push(Number.NaN);
  column.push(Number.POSITIVE_INFINITY);

  const back = unpackLosses(packLosses(column));

  assert.equal(back.length, 1002);
  for (let epoch = 0; epoch < 1002; epoch++) assert.ok(Object.is(back[epoch], column.at(epoch)));
  assert.equal(unpackLosses(packLosses(createColumn())).length, 0);
});

test("of very many losses the newest half are whole, the oldest thinned, and the size is bounded", () => {
  for (const length of [MOST_EPOCHS, MOST_EPOCHS + 1, 150_000, 1_000_003]) {
    const column = losses(length);
    const text = packLosses(column);
    const back = unpackLosses(text);

    assert.ok(text.length < MOST_EPOCHS * 11 + 20, `${length}: ${text.length}`);
    assert.equal(back.length, length);
    for (let epoch = length - MOST_EPOCHS / 2; epoch < length; epoch++)
      assert.equal(back[epoch], column.at(epoch));
    assert.equal(back[0], column.at(0));
    for (const [epoch, loss] of back.entries()) assert.ok(Number.isNaN(loss) || loss === column.at(epoch));
  }
});
