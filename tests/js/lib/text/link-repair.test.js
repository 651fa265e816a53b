import assert from "node:assert/strict";
import { test } from "node:test";
import { parseLink, protectEnd, unescapeText } from "../../../../static/js/lib/text/link-repair.js";

test("what mails do to a link is undone", () => {
  for (const text of [
    "https://x/#a=1&b=2",
    "#a=1&b=2",
    "a=1&b=2",
    "<https://x/#a=1&amp;b=2",
    "https://x/#a=1&amp;amp;b=2",
    "https://x/#a=3D1&b=3D2",
    "https://x/#a=1&\r\n  b=2",
    "https://x/%23a%3D1%26b%3D2",
    "https://x/#a=1%26b=2",
  ])
    assert.deepEqual(parseLink(text), { fragment: "a=1&b=2", ending: "" }, text);
});

test("signs of the sentence around a link are cut off", () => {
  assert.deepEqual(parseLink("https://x/#a=1>)."), { fragment: "a=1", ending: ">)." });
  assert.deepEqual(parseLink("https://x/#a=1%20"), { fragment: "a=1", ending: "%20" });
});

test("an end that would be cut off is protected", () => {
  const { fragment, ending } = parseLink(`#${protectEnd("a=1.")}`) ?? {};

  assert.deepEqual([fragment, ending], ["a=1.&", ""]);
  assert.equal(protectEnd("a=1"), "a=1");
});

test("a text without a fragment is no link", () => {
  assert.equal(parseLink("https://x/"), null);
  assert.equal(parseLink("hello"), null);
});

test("broken percent-encoding stays as it is", () => {
  assert.deepEqual([unescapeText("%20"), unescapeText("%E0%A4%A")], [" ", "%E0%A4%A"]);
});
