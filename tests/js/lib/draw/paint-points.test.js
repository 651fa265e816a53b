import assert from "node:assert/strict";
import { test } from "node:test";
import { colorOf, paintDots } from "../../../../static/js/lib/draw/paint-points.js";

const colors = { classes: ["blue", "orange"], scale: ["low", "middle", "high"] };

test("classes are coloured by their number, values by their place on the scale", () => {
  assert.equal(colorOf(colors, "classes", [0, 0, 1, 1]), "orange");
  assert.deepEqual(
    [-1, 0, 7].map((value) => colorOf(colors, "values", [0, 0, 0, value])),
    ["low", "middle", "high"],
  );
});

test("a dot is centred at its point, with x2 upwards", () => {
  /** @type {unknown[]} */
  const drawn = [];
  const recorder = {
    fillStyle: "",
    fillRect: (/** @type {number[]} */ ...box) => drawn.push([recorder.fillStyle, ...box]),
  };
  const context = /** @type {CanvasRenderingContext2D} */ (/** @type {unknown} */ (recorder));
  const set = { kind: /** @type {const} */ ("classes"), points: [/** @type {const} */ ([-6, 6, 0, 1])] };
  paintDots(context, set, { low: -6, high: 6, side: 60 }, { colors, size: 2 });

  assert.deepEqual(drawn, [["blue", -1, -1, 2, 2]]);
});
