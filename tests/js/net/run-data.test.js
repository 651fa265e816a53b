import assert from "node:assert/strict";
import { test } from "node:test";
import { createRunData } from "../../../static/js/net/run-data.js";
import { runOf } from "../support/frames.js";

/** The options of a map of a unit. */
const UNIT = JSON.stringify({ unit: { layer: 0, unit: 1 } });

/**
 * @param {number} run
 * @param {number[]} epochs
 * @param {string} [map]
 */
function frame(run, epochs, map = "{}") {
  return runOf({ about: { run: String(run), epoch: String(epochs.at(-1) ?? 0), map }, epochs });
}

test("losses of all frames line up by epoch", () => {
  const runData = createRunData(1);

  runData.accept(frame(1, [0, 1]), 0);
  runData.accept(frame(1, [2, 3, 4]), 50);

  assert.equal(runData.losses.train.length, 5);
  assert.equal(runData.losses.train.at(2), 0.5);
  assert.equal(runData.epoch, 4);
});

test("an epoch told twice counts once, one never told is a gap", () => {
  const runData = createRunData(1);

  runData.accept(frame(1, [0, 1]), 0);
  runData.accept(frame(1, [1, 3]), 50);

  assert.equal(runData.losses.test.length, 4);
  assert.ok(Number.isNaN(runData.losses.test.at(2)));
});

test("the last picture of the output is kept while another unit is watched", () => {
  const runData = createRunData(1);
  const output = frame(1, [0]);
  runData.accept(output, 0);
  runData.accept(frame(1, [1], UNIT), 10);

  assert.equal(runData.outputMap, output.views.map);
  assert.equal(runData.views.map?.of, "0:1");
});

test("a unit that is not watched is shown by its tile, if tiles came", () => {
  const runData = createRunData(1);
  const tiles = Uint8Array.from({ length: 6 * 400 }, (_, index) => Math.floor(index / 400));
  assert.equal(runData.picture(null, [4, 2]), null);
  const { views, ...numbers } = frame(1, [0], UNIT);
  runData.accept({ ...numbers, views: { ...views, tiles: { values: tiles } } }, 0);

  assert.equal(runData.picture(null, [4, 2]), null);
  assert.equal(runData.picture({ layer: 0, unit: 1 }, [4, 2])?.side, 2);
  assert.equal(runData.picture({ layer: 1, unit: 1 }, [4, 2])?.side, 20);
  assert.equal(runData.picture({ layer: 1, unit: 1 }, [4, 2])?.bytes[0], 5);
  assert.equal(runData.picture({ layer: 1, unit: 9 }, [4, 2]), null);
});

test("the speed is measured over the last moments", () => {
  const runData = createRunData(1);
  for (let index = 0; index < 100; index++) runData.accept(frame(1, [index * 5]), index * 50);

  assert.ok(Math.abs(runData.speed() - 100) < 1e-9);
  runData.restartClock();
  assert.ok(Number.isNaN(runData.speed()));
});

test("validation losses line up with the others", () => {
  const runData = createRunData(1);
  runData.accept(runOf({ epochs: [0, 1], validation: true }), 0);
  runData.accept(runOf({ epochs: [3], validation: true }), 50);

  assert.equal(runData.losses.validation.length, 4);
  assert.equal(runData.losses.validation.at(1), 0.25);
  assert.ok(Number.isNaN(runData.losses.validation.at(2)));
  assert.equal(runData.points.validation.length, 3);
});

test("points without validation take the old ones' place", () => {
  const runData = createRunData(1);
  const { points, ...numbers } = runOf({ epochs: [0], validation: true });
  const none = new Float32Array(0);
  runData.accept({ ...numbers, points }, 0);
  runData.accept({ ...numbers, points: points && { ...points, validation: none } }, 10);

  assert.equal(runData.points.validation.length, 0);
});

test("the output of many classes comes with its classes, one of them from the last tiles", () => {
  const runData = createRunData(1);
  const tiles = Uint8Array.from({ length: 9 * 400 }, (_, index) => Math.floor(index / 400));
  const { views, ...numbers } = runOf({ epochs: [0], classes: [2, 1, 0, 1] });
  runData.accept({ ...numbers, views: { ...views, tiles: { values: tiles } } }, 0);

  assert.deepEqual([...(runData.picture(null, [4, 2])?.classes ?? [])], [2, 1, 0, 1]);
  const output = runData.picture({ layer: 2, unit: 1 }, [4, 2]);
  assert.equal(output?.bytes[0], 7);
  assert.equal(output?.classes, null);
});
