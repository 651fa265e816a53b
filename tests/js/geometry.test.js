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
} from "../../static/js/views/diagram/geometry.js";

/**
 * @param {number[]} hidden
 * @param {number} [inputs]
 */
function place(hidden, inputs = 2) {
  const sources = Array.from({ length: inputs }, (_, index) => ({ x: 100, y: 60 + 49 * index }));
  return placeNetwork({ sources, left: 100, right: 700, top: 36, room: 343, hidden, outputSize: 40 });
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
  for (const layout of [place([]), place([4, 2]), place([3, 1, 5], 7), place([2], 0)]) {
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
