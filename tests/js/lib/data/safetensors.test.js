import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeTensors } from "../../../../static/js/lib/data/safetensors.js";

test("the layout is that of safetensors", () => {
  const bytes = encodeTensors({
    metadata: { a: "ö" },
    arrays: { p: Float32Array.of(1, -2), q: Float32Array.of(3) },
  });
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));

  assert.equal(length % 8, 0);
  assert.deepEqual(header, {
    __metadata__: { a: "ö" },
    p: { dtype: "F32", shape: [2], data_offsets: [0, 8] },
    q: { dtype: "F32", shape: [1], data_offsets: [8, 12] },
  });
  assert.equal(bytes.length, 8 + length + 12);
  assert.deepEqual(new Float32Array(bytes.buffer.slice(8 + length)), Float32Array.of(1, -2, 3));
});
