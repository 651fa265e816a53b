import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeFrame } from "../../../static/js/net/protocol.js";
import { frameBytes, pictureOf, runOf } from "../support/frames.js";

test("a frame is read as numbers, whatever the alignment of its arrays", () => {
  for (const order of [
    ["losses/epochs", "losses/train"],
    ["losses/train", "losses/epochs"],
  ]) {
    const map = JSON.stringify({ unit: { layer: 0, unit: 3 } });
    const about = { frame: "7", run: "2", lineage: "1", epoch: "12", step: "300", map };
    const frame = pictureOf({ about, order });

    assert.equal(decodeFrame(frameBytes({ about, order })).number, 7);
    assert.equal(frame.lineage, 1);
    assert.equal(frame.run, 2);
    assert.equal(frame.epoch, 12);
    assert.equal(frame.step, 300);
    assert.equal(frame.views.map.of, "0:3");
    assert.deepEqual([...frame.losses.epochs], [11, 12, 13]);
    assert.deepEqual([...frame.losses.train], [0.5, 0.25, 0.125]);
    assert.equal(frame.views.map.resolution, 2);
    assert.deepEqual([...frame.views.map.values], [0, 127, 129, 1]);
    assert.equal(frame.views.tiles, undefined);
    assert.equal(frame.points, null);
    assert.equal(frame.views.map.classes, undefined);
    assert.equal(frame.losses.validation, undefined);
  }
});

test("a frame of many classes has the class of every cell", () => {
  const frame = pictureOf({ classes: [0, 2, 5, 1] });

  assert.deepEqual([...(frame.views.map.classes ?? [])], [0, 2, 5, 1]);
  assert.throws(
    () => decodeFrame(frameBytes({ classes: [0, 0, 0, 0], types: { "map/classes": "F32" } })),
    /I8/,
  );
});

test("validation has its losses, its row of the evaluation and its points", () => {
  const frame = pictureOf({ validation: true });

  assert.deepEqual([...(frame.losses.validation ?? [])], [0.5, 0.25, 0.125]);
  assert.deepEqual([...frame.views.scores.values], [0.1, 0.9, 0.2, 0.8, 0.3, 0.7]);
  assert.deepEqual([...(frame.points?.validation ?? [])], [1, 2, 10]);
});

test("a frame that lacks a number, or has another type, is an error that names it", () => {
  assert.throws(() => decodeFrame(frameBytes({ without: "losses/test" })), /1\/losses\/test is missing/);
  assert.throws(
    () => decodeFrame(frameBytes({ types: { "parameters/values": "F64" } })),
    /1\/parameters\/values is F64, not F32/,
  );
});

test("a frame for a page that nobody looks at has losses only", () => {
  const frame = runOf({ hidden: true, about: { epoch: "13" } });

  assert.equal(frame.epoch, 13);
  assert.deepEqual([...frame.losses.epochs], [11, 12, 13]);
  assert.deepEqual(frame.views, {});
});
