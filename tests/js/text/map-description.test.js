import "../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { describeRegions, describeScore, whereIs } from "../../../static/js/text/map-description.js";

const SIDE = 60;

/** @param {(x1: number, x2: number) => number} output over −1 … 1, x2 upwards */
function picture(output) {
  const bytes = Uint8Array.from({ length: SIDE * SIDE }, (_, index) => {
    const x1 = (2 * (index % SIDE)) / (SIDE - 1) - 1;
    const x2 = 1 - (2 * Math.floor(index / SIDE)) / (SIDE - 1);
    return Math.round(output(x1, x2) * 127) & 255;
  });
  return { bytes, classes: null, side: SIDE };
}

test("a disc is in the middle, and the rest all around", () => {
  const text = describeRegions(
    picture((x1, x2) => (Math.hypot(x1, x2) < 0.42 ? 1 : -1)),
    2,
  );

  assert.equal(
    text,
    "Orange all around (87\u202f% of the square); blue in the middle (13\u202f% of the square). Sure nearly everywhere.",
  );
});

test("exclusive or has a class in opposite corners", () => {
  const text = describeRegions(
    picture((x1, x2) => (x1 * x2 > 0 ? 0.5 : -0.5)),
    2,
  );

  assert.match(text, /Blue at the top right and at the bottom left \(50/);
  assert.match(text, /orange at the top left and at the bottom right/);
  assert.match(text, /Hardly sure anywhere/);
});

test("a straight border is told by its sides", () => {
  assert.match(
    describeRegions(
      picture((x1) => (x1 > 0 ? 1 : -1)),
      2,
    ),
    /Blue along the right side \(50.*orange along the left side/,
  );
  assert.match(
    describeRegions(
      picture(() => 1),
      2,
    ),
    /^Blue nearly everywhere \(100\u202f% of the square\)\./,
  );
});

test("a slanted border is told by where the sides lie", () => {
  const text = describeRegions(
    picture((x1, x2) => (x1 + x2 > 0.1 ? 0.9 : -0.9)),
    2,
  );

  assert.match(text, /[Bb]lue towards the top right/);
  assert.match(text, /[Oo]range towards the bottom left/);
});

test("many classes go by their numbers, the largest first, and one without a place is left out", () => {
  const bytes = new Uint8Array(SIDE * SIDE).fill(127);
  const classes = Uint8Array.from(bytes, (_, index) => (index % SIDE < SIDE / 3 ? 2 : 0));

  assert.equal(
    describeRegions({ bytes, classes, side: SIDE }, 3),
    "Class 0 in the right two thirds (67\u202f% of the square); class 2 along the left side (33\u202f% of the square). Sure nearly everywhere.",
  );
});

test("values are told by where they are lowest and highest", () => {
  const plane = describeRegions(
    picture((x1, x2) => (x1 + x2) / 2),
    0,
  );

  assert.equal(plane, "Lowest at the bottom left (about −0.68), highest at the top right (about 0.68).");
  assert.equal(
    describeRegions(
      picture(() => 0.5),
      0,
    ),
    "About 0.50 everywhere.",
  );
});

test("the score is a share of points, or R² of values, and nothing where there is none", () => {
  assert.equal(describeScore(0.972, 2), "97.2\u202f% of the test points are right.");
  assert.equal(describeScore(-0.5, 0), "R² on the test points is −0.50.");
  assert.equal(describeScore(Number.NaN, 2), "");
});

test("what has no shape is spread, or small", () => {
  const centre = { x: 0, y: 0 };
  const where = (/** @type {number[]} */ coverage) => whereIs(coverage, centre, 0.5);

  assert.equal(where([0.5, 0.5, 0.5, 0.5, 0.5, 0.4, 0.3, 0.3, 0.3]), "spread over the square");
  assert.equal(where([0.3, 0, 0, 0, 0, 0, 0, 0, 0]), "mostly at the top left");
  assert.equal(where([0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.1]), "everywhere but at the bottom right");
});
