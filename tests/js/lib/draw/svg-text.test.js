import assert from "node:assert/strict";
import { test } from "node:test";
import { escapeMarkup, tag } from "../../../../static/js/lib/draw/svg-text.js";

test("markup cannot be broken by what is written", () => {
  assert.equal(escapeMarkup('<a & "b">'), "&lt;a &amp; &quot;b&quot;&gt;");
  assert.equal(tag("g", { x: 1 / 3, fill: '"' }, "<p/>"), '<g x="0.33" fill="&quot;"><p/></g>');
});
