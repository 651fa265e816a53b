import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom, sampleIndexes } from "../../../../static/js/lib/data/random.js";

test("a seed always gives the same numbers, from 0 up to 1", () => {
  const [one, other] = [createRandom(7), createRandom(7)];
  const numbers = Array.from({ length: 1000 }, one);

  assert.deepEqual(numbers, Array.from({ length: 1000 }, other));
  assert.notEqual(createRandom(8)(), numbers[0]);
  assert.ok(numbers.every((number) => number >= 0 && number < 1));
  // The mean of 1000 uniform numbers has a standard deviation of 0.009.
  assert.ok(Math.abs(numbers.reduce((sum, number) => sum + number, 0) / 1000 - 0.5) < 0.05);
});

test("a sample has as many different numbers as wanted, in ascending order", () => {
  const chosen = sampleIndexes(100, 30, createRandom(1));

  assert.equal(chosen.length, 30);
  assert.deepEqual(
    chosen,
    [...new Set(chosen)].sort((one, other) => one - other),
  );
  assert.deepEqual(sampleIndexes(3, 3, createRandom(1)), [0, 1, 2]);
  assert.deepEqual(sampleIndexes(3, 0, createRandom(1)), []);
});

test("every number is as likely in a sample", () => {
  const random = createRandom(5);
  const counts = Array(6).fill(0);
  for (let round = 0; round < 2000; round++)
    for (const index of sampleIndexes(6, 3, random)) counts[index] += 1;

  // A count has a mean of 1000 and a standard deviation of 22.
  for (const count of counts) assert.ok(Math.abs(count - 1000) < 112, String(counts));
});
