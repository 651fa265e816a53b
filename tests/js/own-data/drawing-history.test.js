import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom, sampleIndexes } from "../../../static/js/lib/data/random.js";
import {
  createDrawing,
  placesAlong,
  placesWithin,
  redone,
  roundPlace,
  undone,
  withoutCircle,
  withoutNearest,
  withPoints,
  withPresent,
} from "../../../static/js/own-data/drawing-history.js";
import { labelledPoint, NO_POINTS } from "../../../static/js/own-data/point-set.js";

const A = withPoints(NO_POINTS, [labelledPoint(0, 0, 0)]);
const B = withPoints(A, [labelledPoint(1, 1, 1)]);
const C = withPoints(B, [labelledPoint(4, 4, 1)]);

test("what was done can be undone and done again", () => {
  const drawing = withPresent(withPresent(createDrawing(), A), B);

  assert.equal(undone(drawing).present, A);
  assert.equal(undone(undone(drawing)).present, NO_POINTS);
  assert.equal(redone(undone(drawing)).present, B);
  assert.equal(undone(createDrawing(A)).present, A);
  assert.equal(redone(drawing), drawing);
});

test("a stroke is one step, and a new one ends what could be done again", () => {
  const stroke = withPresent(withPresent(createDrawing(), A), B, true);
  assert.equal(undone(stroke).present, NO_POINTS);

  const other = withPresent(undone(withPresent(createDrawing(A), B)), C);
  assert.deepEqual(other.future, []);
  assert.equal(undone(other).present, A);
});

test("what changes nothing is no step", () => {
  const drawing = createDrawing(B);

  assert.equal(withPresent(drawing, withoutCircle(B, 5, -5, 1)), drawing);
  assert.equal(withPresent(drawing, withPoints(B, [])), drawing);
});

test("the eraser takes what is in its circle, Delete the nearest", () => {
  assert.deepEqual(withoutCircle(C, 0.5, 0.5, 1).points, [labelledPoint(4, 4, 1)]);
  assert.deepEqual(withoutNearest(C, 3, 3), B);
  assert.equal(withoutNearest(NO_POINTS, 0, 0), NO_POINTS);
});

test("the eraser takes all that a spray of its size has drawn, although positions are rounded", () => {
  const random = createRandom(1);
  const places = placesWithin(5000, [1, 0], 0.6, random).map(roundPlace);
  const set = withPoints(
    NO_POINTS,
    places.map(([x1, x2]) => labelledPoint(x1, x2, 0)),
  );

  assert.equal(withoutCircle(set, 1, 0, 0.6).points.length, 0);
});

test("there is room for 5,000 points and no more", () => {
  const crowd = withPoints(
    NO_POINTS,
    Array.from({ length: 6000 }, () => labelledPoint(0, 0, 0)),
  );

  assert.equal(crowd.points.length, 5000);
  assert.equal(withPoints(crowd, [labelledPoint(0, 0, 0)]), crowd);
});

test("the brush leaves points at equal distances", () => {
  assert.deepEqual(placesAlong([0, 0], [1, 0], 0.25), [
    [0.25, 0],
    [0.5, 0],
    [0.75, 0],
    [1, 0],
  ]);
  assert.deepEqual(placesAlong([0, 0], [0, 0.2], 0.25), []);
});

test("the spray stays in its circle and fills all of it", () => {
  const places = placesWithin(2000, [3, -2], 0.5, createRandom(7));
  const distances = places.map(([x1, x2]) => Math.hypot(x1 - 3, x2 + 2));

  assert.ok(Math.max(...distances) <= 0.5);
  const inner = distances.filter((distance) => distance < 0.25).length / 2000;
  assert.ok(Math.abs(inner - 0.25) < 0.05, `${inner}`);
});

test("a sample has as many as wanted, each once, and the same ones with the same seed", () => {
  const sample = sampleIndexes(1000, 100, createRandom(3));

  assert.equal(new Set(sample).size, 100);
  assert.deepEqual(sampleIndexes(1000, 100, createRandom(3)), sample);
  assert.notDeepEqual(sampleIndexes(1000, 100, createRandom(4)), sample);
  assert.deepEqual(sampleIndexes(3, 3, createRandom(1)), [0, 1, 2]);
});
