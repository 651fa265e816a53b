import "../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { withField } from "../../../static/js/model/experiment.js";
import { explanationOf, PLACE_SELECTORS } from "../../../static/js/text/explanations.js";
import { CATALOG, EXPERIMENT } from "../support/catalog.js";

test("a number is explained with its range and what a change does", () => {
  const told = explanationOf(CATALOG, EXPERIMENT, { kind: "field", name: "data.train_fraction" });

  assert.equal(told?.title, "Training share");
  assert.equal(told?.note, "0.1 … 0.9, at first 0.5. A change starts the network anew.");
  assert.equal(told?.chosen, null);
});

test("a dataset is explained by its row, an unknown one not at all", () => {
  const told = explanationOf(CATALOG, EXPERIMENT, { kind: "row", list: "datasets", key: "xor" });

  assert.equal(told?.text, CATALOG.choices.datasets.find(({ key }) => key === "xor")?.text);
  assert.equal(explanationOf(CATALOG, EXPERIMENT, { kind: "row", list: "datasets", key: "no" }), null);
});

test("an option belongs to the row that is chosen", () => {
  const row = CATALOG.choices.optimizers.find(({ options }) => options.length > 0);
  const name = row?.options[0]?.name ?? "";
  const topic = /** @type {const} */ ({ kind: "option", choice: "training.optimizer", name });
  const chosen = withField(EXPERIMENT, "training.optimizer", row?.key);

  assert.equal(explanationOf(CATALOG, chosen, topic)?.chosen?.label, row?.label);
  assert.equal(explanationOf(CATALOG, EXPERIMENT, topic), null);
});

test("every place has words of its own, and the problems are listed", () => {
  const titles = PLACE_SELECTORS.map(({ name }) => {
    const told = explanationOf(CATALOG, EXPERIMENT, { kind: "place", name });
    assert.ok(told && told.text.length > 30, name);
    return told.title;
  });

  assert.equal(new Set(titles).size, PLACE_SELECTORS.length);
  const problems = explanationOf(CATALOG, EXPERIMENT, { kind: "place", name: "problem" });
  assert.equal(problems?.others.length, CATALOG.choices.problems.length);
});
