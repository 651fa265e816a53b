import "../../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  biasMark,
  isBias,
  linkDescent,
  linkEnds,
  nearestParameter,
  parameterAddress,
  parameterIndex,
  parameterPoint,
  placeNetwork,
} from "../../../../static/js/views/diagram/geometry.js";
import { parameterName } from "../../../../static/js/views/diagram/names.js";

/**
 * @param {number[]} hidden
 * @param {number} [inputs]
 * @param {number} [outputs]
 */
function place(hidden, inputs = 2, outputs = 1) {
  const sources = Array.from({ length: inputs }, (_, index) => ({ x: 100, y: 60 + 49 * index }));
  return placeNetwork({
    sources,
    left: 100,
    right: 700,
    top: 36,
    room: 343,
    hidden,
    outputs,
    outputSize: 40,
  });
}

test("parameters are numbered layer by layer, unit by unit, inputs before the bias", () => {
  const layout = place([4, 2]);

  assert.equal(layout.parameters, 4 * 3 + 2 * 5 + 1 * 3);
  assert.equal(layout.links, 4 * 2 + 2 * 4 + 1 * 2);
  assert.equal(parameterIndex(layout, { layer: 0, unit: 0, input: 0 }), 0);
  assert.equal(parameterIndex(layout, { layer: 0, unit: 1, input: 2 }), 5);
  assert.equal(parameterIndex(layout, { layer: 1, unit: 1, input: 0 }), 12 + 5);
  assert.equal(parameterIndex(layout, { layer: 2, unit: 0, input: 2 }), layout.parameters - 1);
});

test("index and address are inverse", () => {
  for (const layout of [
    place([]),
    place([4, 2]),
    place([3, 1, 5], 7),
    place([2], 0),
    place([4, 2], 2, 6),
    place([], 3, 4),
  ]) {
    for (let index = 0; index < layout.parameters; index++) {
      assert.equal(parameterIndex(layout, parameterAddress(layout, index)), index);
    }
  }
});

test("units of a layer do not overlap and stay inside the drawing, however many", () => {
  for (const hidden of [[1], [8, 8, 8], [12], [64, 64], Array.from({ length: 10 }, () => 64)]) {
    const layout = place(hidden);
    for (const { ys, size } of layout.columns) {
      for (let unit = 1; unit < ys.length; unit++) {
        assert.ok((ys[unit] ?? 0) - (ys[unit - 1] ?? 0) >= size, `${hidden}`);
      }
      assert.ok((ys.at(-1) ?? 0) + size / 2 <= layout.height);
    }
  }
});

test("layers go from left to right without touching", () => {
  const { columns } = place(Array.from({ length: 10 }, () => 4));

  for (let layer = 1; layer < columns.length; layer++) {
    const before = columns[layer - 1];
    const column = columns[layer];
    assert.ok(before && column && column.x - column.size / 2 > before.x + before.size / 2);
  }
});

test("a link leads from the edge of one tile to the edge of the next", () => {
  const layout = place([4, 2]);
  const [first, second] = layout.columns;
  const [x0, y0, x1] = linkEnds(layout, 1, 0, 3);

  assert.equal(x0, (first?.x ?? 0) + (first?.size ?? 0) / 2);
  assert.equal(y0, first?.ys[3]);
  assert.equal(x1, (second?.x ?? 0) - (second?.size ?? 0) / 2);
});

test("a link is level at its ends and half-way down in the middle", () => {
  assert.ok(linkDescent(0) < 1e-6);
  assert.ok(Math.abs(linkDescent(0.5) - 0.5) < 1e-5);
  assert.ok(linkDescent(1) > 1 - 1e-5);
});

test("pointing at the middle of a link, or at a bias, finds it", () => {
  const layout = place([4, 2]);
  for (let index = 0; index < layout.parameters; index++) {
    const address = parameterAddress(layout, index);
    const found = nearestParameter(layout, parameterPoint(layout, address), 4);

    assert.ok(found);
    const there = parameterPoint(layout, found);
    const wanted = parameterPoint(layout, address);
    assert.ok(Math.hypot(there.x - wanted.x, there.y - wanted.y) < 4);
    assert.equal(isBias(layout, found), isBias(layout, address));
  }
});

test("pointing at nothing finds nothing", () => {
  const layout = place([4, 2]);

  assert.equal(nearestParameter(layout, { x: 300, y: 340 }, 6), null);
  assert.equal(nearestParameter(layout, { x: 20, y: 60 }, 6), null);
});

test("without features and hidden layers there is still the bias of the output", () => {
  const layout = place([], 0);

  assert.equal(layout.parameters, 1);
  assert.equal(layout.links, 0);
  const mark = biasMark(layout, 0, 0);
  assert.deepEqual(nearestParameter(layout, mark, 4), { layer: 0, unit: 0, input: 0 });
});

test("many outputs have a row of parameters each, behind those of the hidden layers", () => {
  const layout = place([4, 2], 2, 3);

  assert.deepEqual(layout.sizes, [2, 4, 2, 3]);
  assert.equal(layout.parameters, 4 * 3 + 2 * 5 + 3 * 3);
  assert.equal(layout.links, 4 * 2 + 2 * 4 + 3 * 2);
  assert.equal(parameterIndex(layout, { layer: 2, unit: 0, input: 0 }), 22);
  assert.equal(parameterIndex(layout, { layer: 2, unit: 2, input: 2 }), layout.parameters - 1);
  assert.deepEqual(parameterAddress(layout, 26), { layer: 2, unit: 1, input: 1 });
});

test("many outputs stay inside, in order, with room for a name below each", () => {
  for (const outputs of [3, 4, 5, 6]) {
    for (const hidden of [[], [1], [8], [64]]) {
      const layout = place(hidden, 2, outputs);
      const { ys, size } = layout.columns.at(-1) ?? { ys: [], size: 0 };

      assert.equal(ys.length, outputs);
      assert.ok(size >= 30);
      assert.ok((ys[0] ?? 0) - size / 2 >= 36);
      assert.ok((ys.at(-1) ?? 0) + size / 2 + 16 <= layout.height);
      for (let unit = 1; unit < outputs; unit++) {
        assert.ok((ys[unit] ?? 0) - (ys[unit - 1] ?? 0) >= size + 16);
      }
    }
  }
});

test("weights and biases of every output can be pointed at", () => {
  const layout = place([4, 2], 2, 6);
  for (let unit = 0; unit < 6; unit++) {
    const bias = { layer: 2, unit, input: 2 };
    assert.deepEqual(nearestParameter(layout, parameterPoint(layout, bias), 4), bias);
    const [, , x, y] = linkEnds(layout, 2, unit, 1);
    assert.equal(x, 700 - (layout.columns[2]?.size ?? 0) / 2);
    assert.ok(Math.abs(y - (layout.columns[2]?.ys[unit] ?? 0)) < 20);
  }
});

test("one output stays in the middle of the layer before", () => {
  const { columns } = place([4, 2]);

  assert.deepEqual(columns[2]?.ys, [((columns[1]?.ys[0] ?? 0) + (columns[1]?.ys[1] ?? 0)) / 2]);
  assert.equal(columns[2]?.size, 40);
});

test("parameters are named by what they join, and outputs by their class", () => {
  const one = place([4, 2]);
  const many = place([4, 2], 2, 3);
  const names = ["X\u2081", "X\u2082"];

  assert.equal(
    parameterName(one, names, { layer: 0, unit: 3, input: 1 }),
    "Weight from X\u2082 to unit 4 of layer 1",
  );
  assert.equal(parameterName(one, names, { layer: 2, unit: 0, input: 2 }), "Bias of the output");
  assert.equal(
    parameterName(many, names, { layer: 2, unit: 1, input: 0 }),
    "Weight from unit 1 of layer 2 to the output of class 1",
  );
});
