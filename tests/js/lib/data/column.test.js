import assert from "node:assert/strict";
import { test } from "node:test";
import { createColumn } from "../../../../static/js/lib/data/column.js";

/** A small generator with a fixed seed, so that failures repeat. */
function createRandom() {
  let state = 12345;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}

test("values come back at their index, and nothing beyond", () => {
  const column = createColumn();
  for (let index = 0; index < 5000; index++) column.push(index / 2);

  assert.equal(column.length, 5000);
  assert.equal(column.at(0), 0);
  assert.equal(column.at(4999), 2499.5);
  assert.ok(Number.isNaN(column.at(5000)));
  assert.ok(Number.isNaN(column.at(-1)));
});

test("extremes of any range are those of its values", () => {
  const random = createRandom();
  const column = createColumn();
  /** @type {number[]} */
  const values = [];
  for (let index = 0; index < 10_000; index++) {
    const value = index % 97 === 0 ? Number.NaN : random();
    values.push(value);
    column.push(value);
  }

  for (let round = 0; round < 300; round++) {
    const from = Math.floor(random() * values.length);
    const to = from + Math.floor(random() * (values.length - from + 1));
    const numbers = values.slice(from, to).filter((value) => !Number.isNaN(value));

    assert.deepEqual(column.extremes(from, to), [Math.min(...numbers), Math.max(...numbers)]);
  }
});

test("extremes are right at every length, also where blocks begin", () => {
  const column = createColumn();
  let low = Number.POSITIVE_INFINITY;
  const random = createRandom();
  for (let index = 0; index < 4200; index++) {
    const value = random();
    low = Math.min(low, value);
    column.push(value);

    assert.equal(column.extremes(0, index + 1)[0], low);
  }
});

test("an empty range has no extremes", () => {
  assert.deepEqual(createColumn().extremes(0, 10), [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
});

test("a cleared column starts again", () => {
  const column = createColumn();
  for (let index = 0; index < 300; index++) column.push(index);
  column.clear();
  column.push(7);

  assert.equal(column.length, 1);
  assert.deepEqual(column.extremes(0, 1), [7, 7]);
});

test("asking for the extremes of a long column takes few steps", () => {
  const column = createColumn();
  const length = 1_000_000;
  for (let index = 0; index < length; index++) column.push(index);

  const start = performance.now();
  for (let round = 0; round < 1000; round++) column.extremes(1, length - 1);

  // A plain walk over a million values takes about a millisecond; a thousand of them a second.
  assert.ok(performance.now() - start < 250);
});

test("of a very long column both ends are kept, and the extremes of what was between", () => {
  const column = createColumn({ most: 4, first: 1 });
  const count = 4096 * 40 + 1000;
  for (let index = 0; index < count; index++) column.push(Math.sin(index / 1000) + index / count);

  const exact = (/** @type {number} */ index) => Math.sin(index / 1000) + index / count;
  for (const index of [0, 3, 4095, count - 2, count - 1]) assert.equal(column.at(index), exact(index));
  assert.ok(Number.isNaN(column.at(4096 * 20)));
  assert.equal(column.length, count);
  const values = Array.from({ length: count }, (_, index) => exact(index));
  const all = column.extremes(0, count);
  assert.deepEqual(all, [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))]);
  // In the middle a range is as wide as the chunks that it touches.
  const [low, high] = column.extremes(4096 * 20 + 10, 4096 * 20 + 20);
  const chunk = values.slice(4096 * 20, 4096 * 21);
  assert.deepEqual([low, high], [Math.min(...chunk), Math.max(...chunk)]);
});

test("what is forgotten from an index on makes room for other values, in a very long column too", () => {
  const random = createRandom();
  for (const [count, end] of /** @type {const} */ ([
    [10_000, 0],
    [10_000, 7000],
    [10_000, 8192],
    [200_000, 123_456],
  ])) {
    const column = createColumn({ most: 4, first: 1 });
    const values = Array.from({ length: count }, () => random());
    for (const value of values) column.push(value);
    column.truncate(end);
    assert.equal(column.length, end);
    // The chunk in which it ends may have been left without its values.
    const start = count > 4096 * 4 ? end - (end % 4096) : end;
    const expected = [...values.slice(0, start), ...Array.from({ length: 300 }, () => random())];
    for (const value of expected.slice(start)) column.push(value);

    const [low, high] = column.extremes(0, column.length);
    assert.equal(low, Math.min(...expected.slice(-90_000), ...expected.slice(0, -90_000)));
    assert.equal(
      high,
      expected.reduce((most, value) => Math.max(most, value)),
    );
    assert.equal(column.at(column.length - 1), expected.at(-1));
  }
});
