import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeFrame } from "../../../static/js/net/protocol.js";
import { createRunData } from "../../../static/js/net/run-data.js";
import { frameBytes } from "../support/frames.js";

/**
 * @param {number} run
 * @param {number[]} epochs
 * @param {string} [map]
 */
function frame(run, epochs, map = "output") {
  const about = { run: String(run), epoch: String(epochs.at(-1) ?? 0), map };
  return decodeFrame(frameBytes({ about, epochs }));
}

test("losses of all frames line up by epoch", () => {
  const runData = createRunData();

  runData.accept(frame(1, [0, 1]), 0);
  runData.accept(frame(1, [2, 3, 4]), 50);

  assert.equal(runData.trainLoss.length, 5);
  assert.equal(runData.trainLoss.at(2), 0.5);
  assert.equal(runData.epoch, 4);
});

test("an epoch told twice counts once, one never told is a gap", () => {
  const runData = createRunData();

  runData.accept(frame(1, [0, 1]), 0);
  runData.accept(frame(1, [1, 3]), 50);

  assert.equal(runData.testLoss.length, 4);
  assert.ok(Number.isNaN(runData.testLoss.at(2)));
});

test("a frame of an earlier start is dropped, one of a later start begins anew", () => {
  const runData = createRunData();
  runData.accept(frame(2, [0, 1, 2]), 0);

  assert.equal(runData.accept(frame(1, [9]), 10), false);
  assert.equal(runData.trainLoss.length, 3);
  assert.equal(runData.accept(frame(3, [0]), 20), true);
  assert.equal(runData.trainLoss.length, 1);
});

test("the last picture of the output is kept while another unit is watched", () => {
  const runData = createRunData();
  const output = frame(1, [0]);
  runData.accept(output, 0);
  runData.accept(frame(1, [1], "0:1"), 10);

  assert.equal(runData.latestOutput, output);
  assert.equal(runData.latest?.mapOf, "0:1");
});

test("a unit that is not watched is shown by its tile, if tiles came", () => {
  const runData = createRunData();
  const tiles = Uint8Array.from({ length: 6 * 400 }, (_, index) => Math.floor(index / 400));
  assert.equal(runData.picture(null, [4, 2]), null);
  runData.accept({ ...frame(1, [0], "0:1"), tiles }, 0);

  assert.equal(runData.picture(null, [4, 2]), null);
  assert.equal(runData.picture({ layer: 0, unit: 1 }, [4, 2])?.side, 2);
  assert.equal(runData.picture({ layer: 1, unit: 1 }, [4, 2])?.side, 20);
  assert.equal(runData.picture({ layer: 1, unit: 1 }, [4, 2])?.bytes[0], 5);
  assert.equal(runData.picture({ layer: 1, unit: 9 }, [4, 2]), null);
});

test("the speed is measured over the last moments", () => {
  const runData = createRunData();
  for (let index = 0; index < 100; index++) runData.accept(frame(1, [index * 5]), index * 50);

  assert.ok(Math.abs(runData.speed() - 100) < 1e-9);
  runData.restartClock();
  assert.ok(Number.isNaN(runData.speed()));
});

test("validation losses line up with the others, and are gone where there are none", () => {
  const runData = createRunData();
  const about = (/** @type {number} */ run) => ({ run: String(run) });
  runData.accept(decodeFrame(frameBytes({ about: about(1), epochs: [0, 1], validation: true })), 0);
  runData.accept(decodeFrame(frameBytes({ about: about(1), epochs: [3], validation: true })), 50);

  assert.equal(runData.validationLoss.length, 4);
  assert.equal(runData.validationLoss.at(1), 0.25);
  assert.ok(Number.isNaN(runData.validationLoss.at(2)));
  assert.equal(runData.validationPoints.length, 3);

  runData.accept(decodeFrame(frameBytes({ about: about(2), epochs: [0] })), 100);
  assert.equal(runData.validationLoss.length, 0);
  assert.equal(runData.trainLoss.length, 1);
});

test("points without validation take the old ones' place", () => {
  const runData = createRunData();
  const first = decodeFrame(frameBytes({ epochs: [0], validation: true }));
  runData.accept(first, 0);
  runData.accept({ ...first, validationPoints: null }, 10);

  assert.equal(runData.validationPoints.length, 0);
});

test("the output of many classes comes with its classes, one of them from the last tiles", () => {
  const runData = createRunData();
  const tiles = Uint8Array.from({ length: 9 * 400 }, (_, index) => Math.floor(index / 400));
  const frame = decodeFrame(frameBytes({ epochs: [0], classes: [2, 1, 0, 1] }));
  runData.accept({ ...frame, tiles }, 0);

  assert.deepEqual([...(runData.picture(null, [4, 2])?.classes ?? [])], [2, 1, 0, 1]);
  const output = runData.picture({ layer: 2, unit: 1 }, [4, 2]);
  assert.equal(output?.bytes[0], 7);
  assert.equal(output?.classes, null);
});

test("another shape of the same network keeps the losses and lets the pictures go", () => {
  const runData = createRunData();
  const about = (/** @type {number} */ run, history = 1) => ({ run: String(run), history: String(history) });
  runData.accept(decodeFrame(frameBytes({ about: about(1), epochs: [0, 1, 2] })), 0);
  runData.reshape(2);

  assert.equal(runData.latest, null);
  assert.equal(runData.accept(decodeFrame(frameBytes({ about: about(1), epochs: [3] })), 10), false);
  runData.accept(decodeFrame(frameBytes({ about: about(2), epochs: [3, 4] })), 20);
  assert.equal(runData.trainLoss.length, 5);
  runData.accept(decodeFrame(frameBytes({ about: about(3), epochs: [5] })), 30);
  assert.equal(runData.trainLoss.length, 6);
  runData.accept(decodeFrame(frameBytes({ about: about(4, 2), epochs: [0] })), 40);
  assert.equal(runData.trainLoss.length, 1);
});
