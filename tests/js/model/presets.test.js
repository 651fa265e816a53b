import assert from "node:assert/strict";
import { test } from "node:test";
import { experimentOf, PRESETS } from "../../../static/js/model/presets.js";
import { CATALOG, EXPERIMENT } from "../support/catalog.js";

test("a preset changes its settings and nothing else", () => {
  for (const preset of PRESETS) {
    const experiment = experimentOf(CATALOG, preset);
    for (const [group, usual] of Object.entries(EXPERIMENT)) {
      const settings = /** @type {Record<string, any>} */ (preset.settings)[group] ?? {};
      const expected = Array.isArray(usual) ? (preset.settings.features ?? usual) : { ...usual, ...settings };
      assert.deepEqual(/** @type {any} */ (experiment)[group], expected, `${preset.key} ${group}`);
    }
  }
});

test("each preset has a key of its own", () => {
  assert.equal(new Set(PRESETS.map(({ key }) => key)).size, PRESETS.length);
});
