import "../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { captionOf, describeChange, describeMap, featureLabel } from "../../../static/js/text/run-status.js";
import { CATALOG } from "../support/catalog.js";

const NETWORK = { hidden: [4, 2], outputs: 1 };
const MANY = { hidden: [4, 2], outputs: 3 };

test("the caption names what the map shows, counting from one", () => {
  assert.equal(captionOf(CATALOG, null, NETWORK), "Output of the network");
  assert.equal(captionOf(CATALOG, { kind: "unit", layer: 1, unit: 0 }, MANY), "Unit 1 of layer 2");
  assert.equal(captionOf(CATALOG, { kind: "feature", key: "x1" }, NETWORK), "Feature x1");
});

test("with many classes it names the class, counting as the data do", () => {
  assert.equal(captionOf(CATALOG, null, MANY), "Most probable class");
  assert.equal(captionOf(CATALOG, { kind: "unit", layer: 2, unit: 0 }, MANY), "Probability of class 0");
});

test("the map is described with the validation loss where there is one", () => {
  const text = describeMap("Most probable class", 3, Float64Array.of(0.1, 1, 0.2, 1, 0.3, 1));

  assert.match(text, /test loss 0\.2000, training loss 0\.1000, validation loss 0\.3000\.$/);
});

test("an unknown feature goes by its key", () => {
  assert.equal(featureLabel(CATALOG, "x9"), "x9");
});

test("the map is described with epoch and losses", () => {
  const text = describeMap("Output of the network", 1234, Float64Array.of(0.02, 1, 0.5, 0.9));

  assert.equal(
    text,
    "Map of the plane: Output of the network. Epoch 1,234, test loss 0.5000, training loss 0.0200.",
  );
});

test("every change of state that people should hear of is a sentence", () => {
  for (const reason of ["played", "paused", "stepped", "reset", "diverged", "stopped"]) {
    assert.match(String(describeChange(reason, 7, 0.25)), /\.$/);
  }
  assert.equal(describeChange("paused", 7, 0.25), "Paused at epoch 7, test loss 0.2500.");
  assert.equal(describeChange("something new", 7, 0.25), null);
});
