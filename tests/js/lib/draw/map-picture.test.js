import assert from "node:assert/strict";
import { test } from "node:test";
import { mapPicture } from "../../../../static/js/lib/draw/map-picture.js";

test("the map has its ground, its axes, and every point in its place with its own shape", () => {
  const svg = mapPicture({
    title: "Circle & more",
    image: "data:image/png;base64,AA",
    region: [-6, 6],
    sets: [{ points: Float32Array.of(-6, 6, 1, 0, 0, -1, 9, 0, 1), rim: "white", ring: null }],
    scale: ["orange", "grey", "blue"],
    classColors: [],
    classes: 2,
    colors: { text: "black", line: "grey" },
  });

  assert.match(svg, /<title>Circle &amp; more<\/title>/);
  assert.match(svg, /<image x="64" y="40" width="912" height="912" href="data:image/);
  assert.match(svg, /translate\(64\.0 40\.0\)"><path d="M-8\.5 0a[^"]+" fill="blue"/);
  assert.match(svg, /translate\(520\.0 496\.0\)"><path d="M0\.00 -11\.05L[^"]+" fill="orange"/);
  assert.equal(svg.match(/<path/g)?.length, 2);
  assert.equal(svg.match(/>\u22126</g)?.length, 2);
});
