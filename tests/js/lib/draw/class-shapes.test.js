import assert from "node:assert/strict";
import { test } from "node:test";
import { MARKS, markOf, markPath, traceMark } from "../../../../static/js/lib/draw/class-shapes.js";

/** @param {number} mark */
function trace(mark) {
  /** @type {[number, number][]} */
  const corners = [];
  let arcs = 0;
  traceMark(
    {
      moveTo: (x, y) => corners.push([x, y]),
      lineTo: (x, y) => corners.push([x, y]),
      closePath: () => {},
      arc: () => {
        arcs += 1;
      },
    },
    mark,
    10,
    20,
    2,
  );
  return { corners, arcs };
}

/** @param {[number, number][]} corners */
function areaOf(corners) {
  return Math.abs(
    corners.reduce((sum, [x, y], index) => {
      const [nextX, nextY] = corners[(index + 1) % corners.length] ?? [0, 0];
      return sum + x * nextY - nextX * y;
    }, 0) / 2,
  );
}

test("six classes have six shapes", () => {
  const paths = Array.from({ length: MARKS }, (_, mark) => markPath(mark, 4));

  assert.equal(MARKS, 6);
  assert.equal(new Set(paths).size, MARKS);
});

test("the first two are those of two classes: a disc and a diamond", () => {
  assert.equal(trace(1).corners.length, 4);
  assert.deepEqual(
    trace(1).corners[0]?.map((value) => Math.round(value * 10) / 10),
    [10, 17.4],
  );
  assert.equal(trace(0).arcs, 1);
});

test("no shape looks much larger than another", () => {
  const disc = Math.PI * 4;
  for (let mark = 0; mark < MARKS; mark++) {
    if (mark === 0) continue;
    const share = areaOf(trace(mark).corners) / disc;
    assert.ok(share > 0.7 && share < 1.4, `${mark}: ${share}`);
  }
});

test("shapes are round their point", () => {
  for (let mark = 0; mark < MARKS; mark++) {
    for (const [x, y] of trace(mark).corners) assert.ok(Math.hypot(x - 10, y - 20) <= 3.2);
  }
});

test("a sample has the shape of its class: of two classes +1 the first, of values all the same", () => {
  assert.deepEqual(
    [1, -1].map((target) => markOf(target, 2)),
    [0, 1],
  );
  assert.deepEqual([markOf(3, 5), markOf(-0.5, 0)], [3, 0]);
});
