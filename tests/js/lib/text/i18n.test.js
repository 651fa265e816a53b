import assert from "node:assert/strict";
import { test } from "node:test";
import { formatNumber, joined, phrase, useLanguage } from "../../../../static/js/lib/text/i18n.js";

const TEXTS = {
  greeting: "{name}: {count}",
  apples: { one: "{count} apple", other: "{count} apples" },
  "list.between": ", ",
  "list.last": "{items} and {last}",
};

test("values are inserted, numbers as the language writes them", () => {
  useLanguage({ key: "de", percent: "{number} %", texts: TEXTS });

  assert.equal(phrase("greeting", { name: "{count}", count: -1.5 }), "{count}: \u22121,5");
  assert.equal(formatNumber(1.5), "1,5");
});

test("the count chooses the form of a text", () => {
  useLanguage({ key: "en", percent: "{number}%", texts: TEXTS });

  assert.deepEqual(
    [1, 2].map((count) => phrase("apples", { count })),
    ["1 apple", "2 apples"],
  );
});

test("a text that does not exist is an error, a value that is missing stays visible", () => {
  assert.throws(() => phrase("none"), /none/);
  assert.equal(phrase("greeting", { name: "x" }), "x: {count}");
});

test("items are joined to a list", () => {
  assert.deepEqual([joined([]), joined(["a"]), joined(["a", "b", "c"])], ["", "a", "a, b and c"]);
});
