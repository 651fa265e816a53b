import "../../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { createColumn } from "../../../../static/js/lib/data/column.js";
import { chartPicture } from "../../../../static/js/lib/draw/chart-picture.js";

const COLORS = { text: "black", line: "grey" };

/** @param {number[]} values */
function columnOf(values) {
  const column = createColumn();
  for (const value of values) column.push(value);
  return column;
}

test("the chart draws every curve that there is, on either scale", () => {
  const series = [
    { name: "training", column: columnOf([1, 0.1, 0.01]), color: "grey", width: 2, dash: "none" },
    { name: "test", column: columnOf([0.5, Number.NaN, 0.5]), color: "black", width: 2, dash: "none" },
    { name: "validation", column: columnOf([]), color: "red", width: 2, dash: "none" },
  ];
  const plain = chartPicture({ title: "", series, logarithmic: false, colors: COLORS });
  const log = chartPicture({ title: "", series, logarithmic: true, colors: COLORS });

  assert.equal(plain.match(/<path/g)?.length, 2);
  assert.match(log, /d="M96\.0 56\.0L578\.0 298\.0L1060\.0 540\.0"/);
  assert.match(log, /d="M96\.0 [\d.]+L1060\.0 [\d.]+"/);
  assert.ok(!plain.includes("validation"));
});

test("a long run is drawn by the width of the picture, and no spike is lost", () => {
  const values = Array.from({ length: 100_000 }, () => 0.2);
  values[54_321] = 0.9;
  const series = [{ name: "test", column: columnOf(values), color: "black", width: 2, dash: "none" }];
  const svg = chartPicture({ title: "", series, logarithmic: false, colors: COLORS });

  assert.ok(svg.length < 60_000);
  assert.match(svg, /L619\.5 104\.4L619\.5 /);
});
