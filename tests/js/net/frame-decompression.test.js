import assert from "node:assert/strict";
import { test } from "node:test";
import { createDecompressor } from "../../../static/js/net/frame-decompression.js";
import { frameBytes } from "../support/frames.js";
import { createPacker } from "../support/packing.js";

test("unpacked frames are the plain ones to the last byte, whatever changes between them", async () => {
  const pack = createPacker();
  const { decompress } = createDecompressor();
  const recipes = [
    { validation: true, epochs: [0] },
    { epochs: [1, 2, 3] },
    { epochs: [4, 5, 6], about: { epoch: "6" } },
    { epochs: [] },
    { epochs: [7], classes: [1, 2, 3, 0] },
    { epochs: [8], classes: [1, 0, 3, 2] },
    { without: "map/values" },
    { order: ["map/values"], epochs: Array.from({ length: 5000 }, (_, index) => 9 + index) },
    { epochs: [4_294_967_295, 0] },
  ];

  for (const recipe of recipes) {
    const file = frameBytes(recipe);
    assert.deepEqual(new Uint8Array(await decompress(pack(file))), new Uint8Array(file));
  }
});

test("what is no packed frame, or not the next one, is refused", async () => {
  const pack = createPacker();
  pack(frameBytes());
  const second = pack(frameBytes());

  await assert.rejects(createDecompressor().decompress(second));
  await assert.rejects(createDecompressor().decompress(frameBytes()));
});
