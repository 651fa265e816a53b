import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  buildClassAreas,
  buildClassMap,
  buildClassUnit,
} from "../../../../static/js/lib/draw/class-colors.js";
import { toPixel } from "../../../../static/js/lib/draw/color.js";
import { difference, fromHex, SIGHTS } from "../../support/vision.js";

/** @import { Rgb } from "../../support/vision.js" */

/** @type {Rgb[]} */
const COLORS = [
  [255, 0, 0],
  [0, 200, 0],
  [0, 0, 255],
];
/** @type {Rgb} */
const GROUND = [240, 240, 240];

const tokens = readFileSync(new URL("../../../../static/css/base/tokens.css", import.meta.url), "utf8");

/**
 * What a custom property stands for, in the light and in the dark.
 * @param {string} name
 * @returns {[light: Rgb, dark: Rgb]}
 */
function token(name) {
  const value = tokens.match(new RegExp(`${name}: ([^;]+);`))?.[1] ?? "";
  const alias = value.match(/^var\((.+)\)$/)?.[1];
  if (alias) return token(alias);
  const [light = "", dark = ""] = value.match(/#[0-9a-f]{6}/g) ?? [];
  return [fromHex(light), fromHex(dark)];
}

const NUMBERS = [0, 1, 2, 3, 4, 5];

/**
 * The two colours that are hardest to tell apart, for whom.
 * @param {Rgb[]} colors
 */
function worst(colors) {
  let least = { value: Number.POSITIVE_INFINITY, where: "" };
  for (const [name, sight] of Object.entries(SIGHTS)) {
    colors.forEach((one, first) => {
      colors.slice(0, first).forEach((other, second) => {
        const value = difference(one, other, sight);
        if (value < least.value) least = { value, where: `${second} and ${first} (${name})` };
      });
    });
  }
  return least;
}

for (const [theme, at] of /** @type {const} */ ([
  ["light", 0],
  ["dark", 1],
])) {
  test(`six classes are told apart by everybody, on ${theme} ground`, () => {
    const points = worst(NUMBERS.map((number) => token(`--class-${number}`)[at]));
    const areas = worst(NUMBERS.map((number) => token(`--map-class-${number}`)[at]));

    assert.ok(points.value > 0.1, `points ${points.where}: ${points.value}`);
    assert.ok(areas.value > 0.08, `areas ${areas.where}: ${areas.value}`);
  });

  test(`every class stands out from ${theme} undecided ground and from the page`, () => {
    for (const number of NUMBERS) {
      const area = token(`--map-class-${number}`)[at];
      const point = token(`--class-${number}`)[at];
      assert.ok(difference(area, token("--map-zero")[at], SIGHTS.usual) > 0.12, `area ${number}`);
      assert.ok(difference(point, token("--sheet")[at], SIGHTS.usual) > 0.2, `point ${number}`);
    }
  });
}

test("a confident cell has the colour of its class, an undecided one that of the ground", () => {
  const table = buildClassMap(COLORS, GROUND);

  COLORS.forEach((color, index) => {
    assert.equal(table[128 * index + 127], toPixel(color));
    assert.equal(table[128 * index + 42], toPixel(GROUND), "a third each");
  });
});

test("a more probable class is never paler", () => {
  const table = buildClassMap(COLORS, GROUND);
  for (let byte = 43; byte < 128; byte++) {
    const green = (/** @type {number} */ at) => ((table[at] ?? 0) >> 8) & 255;
    assert.ok(green(byte) <= green(byte - 1));
  }
});

test("plain areas do not show the probability", () => {
  const table = buildClassAreas(COLORS);

  assert.equal(table.length, 3 * 128);
  for (let byte = 0; byte < 128; byte++) assert.equal(table[2 * 128 + byte], toPixel([0, 0, 255]));
});

test("the unit of a class goes from the ground to its colour, or jumps half-way", () => {
  const smooth = buildClassUnit([200, 0, 0], [0, 100, 0], false);
  const halves = buildClassUnit([200, 0, 0], [0, 100, 0], true);

  assert.equal(smooth[-127 & 255], toPixel([0, 100, 0]));
  assert.equal(smooth[0], toPixel([100, 50, 0]));
  assert.equal(smooth[127], toPixel([200, 0, 0]));
  assert.equal(halves[0], toPixel([0, 100, 0]));
  assert.equal(halves[1], toPixel([200, 0, 0]));
});
