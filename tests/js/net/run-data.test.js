import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeFrame } from "../../../static/js/net/protocol.js";
import { createStream } from "../../../static/js/net/run-data.js";
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
  const stream = createStream();

  stream.accept(frame(1, [0, 1]), 0);
  stream.accept(frame(1, [2, 3, 4]), 50);

  assert.equal(stream.trainLoss.length, 5);
  assert.equal(stream.trainLoss.at(2), 0.5);
  assert.equal(stream.epoch, 4);
});

test("an epoch told twice counts once, one never told is a gap", () => {
  const stream = createStream();

  stream.accept(frame(1, [0, 1]), 0);
  stream.accept(frame(1, [1, 3]), 50);

  assert.equal(stream.testLoss.length, 4);
  assert.ok(Number.isNaN(stream.testLoss.at(2)));
});

test("a frame of an earlier start is dropped, one of a later start begins anew", () => {
  const stream = createStream();
  stream.accept(frame(2, [0, 1, 2]), 0);

  assert.equal(stream.accept(frame(1, [9]), 10), false);
  assert.equal(stream.trainLoss.length, 3);
  assert.equal(stream.accept(frame(3, [0]), 20), true);
  assert.equal(stream.trainLoss.length, 1);
});

test("the last picture of the output is kept while another unit is watched", () => {
  const stream = createStream();
  const output = frame(1, [0]);
  stream.accept(output, 0);
  stream.accept(frame(1, [1], "0:1"), 10);

  assert.equal(stream.latestOutput, output);
  assert.equal(stream.latest?.mapOf, "0:1");
});

test("a unit that is not watched is shown by its tile, if tiles came", () => {
  const stream = createStream();
  const tiles = Uint8Array.from({ length: 6 * 400 }, (_, index) => Math.floor(index / 400));
  assert.equal(stream.picture(null, [4, 2]), null);
  stream.accept({ ...frame(1, [0], "0:1"), tiles }, 0);

  assert.equal(stream.picture(null, [4, 2]), null);
  assert.equal(stream.picture({ layer: 0, unit: 1 }, [4, 2])?.side, 2);
  assert.equal(stream.picture({ layer: 1, unit: 1 }, [4, 2])?.side, 20);
  assert.equal(stream.picture({ layer: 1, unit: 1 }, [4, 2])?.bytes[0], 5);
  assert.equal(stream.picture({ layer: 1, unit: 9 }, [4, 2]), null);
});

test("the speed is measured over the last moments", () => {
  const stream = createStream();
  for (let index = 0; index < 100; index++) stream.accept(frame(1, [index * 5]), index * 50);

  assert.ok(Math.abs(stream.speed() - 100) < 1e-9);
  stream.restartClock();
  assert.ok(Number.isNaN(stream.speed()));
});

test("validation losses line up with the others, and are gone where there are none", () => {
  const stream = createStream();
  const about = (/** @type {number} */ run) => ({ run: String(run) });
  stream.accept(decodeFrame(frameBytes({ about: about(1), epochs: [0, 1], validation: true })), 0);
  stream.accept(decodeFrame(frameBytes({ about: about(1), epochs: [3], validation: true })), 50);

  assert.equal(stream.validationLoss.length, 4);
  assert.equal(stream.validationLoss.at(1), 0.25);
  assert.ok(Number.isNaN(stream.validationLoss.at(2)));
  assert.equal(stream.validationPoints.length, 3);

  stream.accept(decodeFrame(frameBytes({ about: about(2), epochs: [0] })), 100);
  assert.equal(stream.validationLoss.length, 0);
  assert.equal(stream.trainLoss.length, 1);
});

test("points without validation take the old ones' place", () => {
  const stream = createStream();
  const first = decodeFrame(frameBytes({ epochs: [0], validation: true }));
  stream.accept(first, 0);
  stream.accept({ ...first, validationPoints: null }, 10);

  assert.equal(stream.validationPoints.length, 0);
});

test("the output of many classes comes with its classes, one of them from the last tiles", () => {
  const stream = createStream();
  const tiles = Uint8Array.from({ length: 9 * 400 }, (_, index) => Math.floor(index / 400));
  const frame = decodeFrame(frameBytes({ epochs: [0], classes: [2, 1, 0, 1] }));
  stream.accept({ ...frame, tiles }, 0);

  assert.deepEqual([...(stream.picture(null, [4, 2])?.classes ?? [])], [2, 1, 0, 1]);
  const output = stream.picture({ layer: 2, unit: 1 }, [4, 2]);
  assert.equal(output?.bytes[0], 7);
  assert.equal(output?.classes, null);
});

test("another shape of the same network keeps the losses and lets the pictures go", () => {
  const stream = createStream();
  const about = (/** @type {number} */ run, history = 1) => ({ run: String(run), history: String(history) });
  stream.accept(decodeFrame(frameBytes({ about: about(1), epochs: [0, 1, 2] })), 0);
  stream.reshape(2);

  assert.equal(stream.latest, null);
  assert.equal(stream.accept(decodeFrame(frameBytes({ about: about(1), epochs: [3] })), 10), false);
  stream.accept(decodeFrame(frameBytes({ about: about(2), epochs: [3, 4] })), 20);
  assert.equal(stream.trainLoss.length, 5);
  stream.accept(decodeFrame(frameBytes({ about: about(3), epochs: [5] })), 30);
  assert.equal(stream.trainLoss.length, 6);
  stream.accept(decodeFrame(frameBytes({ about: about(4, 2), epochs: [0] })), 40);
  assert.equal(stream.trainLoss.length, 1);
});
