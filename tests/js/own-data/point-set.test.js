import "../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  fromTargets,
  judge,
  labelledPoint,
  readPointSet,
  readTargets,
  sameTargets,
  thumbnailSet,
  toTargets,
  valuedPoint,
} from "../../../static/js/own-data/point-set.js";

/** @import { Kind, Point, Targets } from "../../../static/js/own-data/point-set.js" */

/**
 * @param {Kind} kind
 * @param {Point[]} points
 */
const set = (kind, points) => ({ kind, points });

/**
 * @param {number} count
 * @param {(index: number) => Point} point
 */
const many = (count, point) => Array.from({ length: count }, (_, index) => point(index));

test("fewer than ten points are too few, and it says how many are missing", () => {
  assert.match(judge(set("classes", [])).refusal ?? "", /none yet/);
  const seven = set(
    "classes",
    many(7, (index) => labelledPoint(index, 0, index % 2)),
  );
  assert.match(judge(seven).refusal ?? "", /3 more points to go/);
});

test("one class, one value and one place are not enough", () => {
  const spread = many(10, (index) => labelledPoint(index, 0, 2));
  assert.match(judge(set("classes", spread)).refusal ?? "", /All points are of class 2/);
  const equal = many(10, (index) => valuedPoint(index, 0, 0.5));
  assert.match(judge(set("values", equal)).refusal ?? "", /same value/);
  const place = many(10, (index) => labelledPoint(1, 1, index % 2));
  assert.match(judge(set("classes", place)).refusal ?? "", /same place/);
});

test("more points than the server takes are refused", () => {
  const crowd = many(5001, (index) => labelledPoint(index / 1000, 0, index % 2));

  assert.match(judge(set("classes", crowd)).refusal ?? "", /At most 5,000/);
  assert.equal(judge(set("classes", crowd.slice(1))).refusal, null);
});

test("a class without points, points outside and values that are classes are remarked", () => {
  const gap = many(10, (index) => labelledPoint(index, 0, index % 2 === 0 ? 0 : 2));
  const { refusal, remarks } = judge(set("classes", gap));
  assert.equal(refusal, null);
  assert.match(remarks.join(), /Class 1 has no points.*3 points are outside/);
  const signs = many(10, (index) => valuedPoint(index / 2, 0, index % 2 === 0 ? 1 : -1));
  assert.match(judge(set("values", signs)).remarks.join(), /two classes/);
});

test("two classes become +1 and -1, more become numbers, and all come back", () => {
  const two = set("classes", [labelledPoint(1, 2, 0), labelledPoint(3, 4, 1)]);
  assert.deepEqual(toTargets(two), {
    points: [
      [1, 2, 1],
      [3, 4, -1],
    ],
    point_classes: 2,
  });
  assert.deepEqual(fromTargets(toTargets(two).points, 2), two);

  const three = set("classes", [labelledPoint(1, 2, 0), labelledPoint(3, 4, 2)]);
  assert.deepEqual(toTargets(three).points[1], [3, 4, 2]);
  assert.equal(toTargets(three).point_classes, 3);
  assert.deepEqual(fromTargets(toTargets(three).points, 3), three);

  const values = set("values", [valuedPoint(1, 2, 0.5), valuedPoint(3, 4, -0.25)]);
  assert.deepEqual(toTargets(values), {
    points: [
      [1, 2, 0.5],
      [3, 4, -0.25],
    ],
    point_classes: 2,
  });
  assert.deepEqual(fromTargets(toTargets(values).points, 0), values);
});

test("the largest set fits into a message, however far its points are", () => {
  for (const reach of [1e-9, 0.04, 1, 6, 99.99, 1000]) {
    for (const step of [1e-12, 1e-6, 1e-4]) {
      const points = many(5000, (index) =>
        valuedPoint(-reach + index * step, -reach + index * step, -reach + index * step),
      );
      const { length } = JSON.stringify(toTargets(set("values", points)).points);
      assert.ok(length < 126_000, `${reach}: ${length}`);
    }
  }
});

test("numbers keep the digits that tell them apart, whatever their size and place", () => {
  for (const [from, step] of /** @type {const} */ ([
    [0, 1e-6],
    [1e-6, 1e-8],
    [999, 1e-4],
    [-0.5, 0.01],
    [0, 1e-90],
  ])) {
    const written = set(
      "values",
      many(40, (index) => valuedPoint(from + index * step, index, from + index * step)),
    );
    const { points } = toTargets(written);
    for (const [index, [x1 = 0, , value = 0]] of points.entries()) {
      assert.ok(Math.abs(x1 - from - index * step) < step / 10, `${x1}`);
      assert.ok(Math.abs(value - from - index * step) < step / 10, `${value}`);
    }
    assert.deepEqual(
      judge(written).remarks.filter((remark) => /round/.test(remark)),
      [],
    );
  }
});

test("points that are rounded until some fall together are remarked", () => {
  const written = set(
    "values",
    many(5000, (index) => valuedPoint(900 + index * 1e-6, index / 5000, 900 + index * 1e-6)),
  );
  const tiny = set(
    "classes",
    many(40, (index) => labelledPoint(index * 1e-250, index, index % 2)),
  );

  assert.ok(JSON.stringify(toTargets(written).points).length < 126_000);
  for (const points of [written, tiny]) assert.match(judge(points).remarks.join(), /round/);
});

test("a changed mind keeps both: classes have values, and values have classes", () => {
  assert.deepEqual(labelledPoint(0, 0, 3), [0, 0, 3, -1]);
  assert.deepEqual(valuedPoint(0, 0, -0.5), [0, 0, 1, -0.5]);
});

test("equal points are equal", () => {
  /** @type {Targets} */
  const one = { points: [[1, 2, 1]], point_classes: 2 };

  assert.equal(sameTargets(one, structuredClone(one)), true);
  assert.equal(sameTargets(one, { ...one, point_classes: 3 }), false);
  assert.equal(sameTargets(one, { ...one, points: [[1, 2, -1]] }), false);
  assert.equal(sameTargets(one, null), false);
  assert.equal(sameTargets(null, null), true);
});

test("what was stored is taken only if it is sound", () => {
  const stored = set("classes", [labelledPoint(1, 2, 5)]);
  assert.deepEqual(readPointSet(structuredClone(stored)), stored);
  for (const bad of [
    undefined,
    null,
    "x",
    {},
    { kind: "classes", points: [[1, 2, 6, 0]] },
    { kind: "other", points: [] },
    { kind: "values", points: [[1, 2, 0, null]] },
    { kind: "values", points: [[1, 2, 0]] },
  ])
    assert.equal(readPointSet(bad), null);

  const targets = { points: Array(10).fill([1, 2, 1]), point_classes: 2 };
  assert.deepEqual(readTargets(targets), targets);
  for (const bad of [
    null,
    { ...targets, point_classes: 7 },
    { ...targets, points: [[1, 2, 1]] },
    { points: 3 },
  ])
    assert.equal(readTargets(bad), null);
});

test("a thumbnail shows two classes by their values, more by their numbers", () => {
  assert.deepEqual(thumbnailSet([[1, 2, -1]], 2), { kind: "values", points: [[1, 2, 1, -1]] });
  assert.deepEqual(thumbnailSet([[1, 2, 3]], 4), { kind: "classes", points: [[1, 2, 3, -1]] });
});
