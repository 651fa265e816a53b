import "../../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { createColumn } from "../../../../static/js/lib/data/column.js";
import { refineCells, refineValues } from "../../../../static/js/lib/data/grid.js";
import { chartPicture } from "../../../../static/js/lib/draw/chart-picture.js";
import { mapPicture } from "../../../../static/js/lib/draw/map-picture.js";
import { escapeMarkup, tag } from "../../../../static/js/lib/draw/svg-text.js";

const COLORS = { text: "black", line: "grey" };

test("a finer grid has values in between, and signs stay signs", () => {
  const bytes = Uint8Array.of(-100 & 255, 100, -100 & 255, 100);
  const row = [...refineValues(bytes, 2, 5)].slice(0, 5).map((byte) => (byte << 24) >> 24);

  assert.deepEqual(row, [-80, -40, 0, 40, 80]);
});

test("a finer grid keeps cells that have nothing in between", () => {
  assert.deepEqual([...refineCells([0, 3, 1, 2], 2, 4)], [0, 0, 3, 3, 0, 0, 3, 3, 1, 1, 2, 2, 1, 1, 2, 2]);
});

test("markup cannot be broken by what is written", () => {
  assert.equal(escapeMarkup('<a & "b">'), "&lt;a &amp; &quot;b&quot;&gt;");
  assert.equal(tag("g", { x: 1 / 3, fill: '"' }, "<p/>"), '<g x="0.33" fill="&quot;"><p/></g>');
});

test("the map has its ground, its axes, and every point in its place with its own shape", () => {
  const svg = mapPicture({
    title: "Circle & more",
    image: "data:image/png;base64,AA",
    region: [-6, 6],
    sets: [{ points: Float32Array.of(-6, 6, 1, 0, 0, -1, 9, 0, 1), rim: "white", ring: null }],
    scale: ["orange", "grey", "blue"],
    classColors: [],
    classes: 2,
    markOf: (target) => (target < 0 ? 1 : 0),
    colors: COLORS,
  });

  assert.match(svg, /<title>Circle &amp; more<\/title>/);
  assert.match(svg, /<image x="64" y="40" width="912" height="912" href="data:image/);
  assert.match(svg, /translate\(64\.0 40\.0\)"><path d="M-8\.5 0a[^"]+" fill="blue"/);
  assert.match(svg, /translate\(520\.0 496\.0\)"><path d="M0\.00 -11\.05L[^"]+" fill="orange"/);
  assert.equal(svg.match(/<path/g)?.length, 2);
  assert.equal(svg.match(/>\u22126</g)?.length, 2);
});

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
