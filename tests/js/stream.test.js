import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeFrame } from "../../static/js/protocol.js";
import { createStream } from "../../static/js/stream.js";
import { frameBytes } from "./support/frames.js";

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
