import "../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { diagramProps, lossSeries, mapProps, shownPicture } from "../../../static/js/app/selectors.js";
import { withField } from "../../../static/js/model/experiment.js";
import { initialState } from "../../../static/js/model/state.js";
import { createRunData } from "../../../static/js/net/run-data.js";
import { CATALOG, EXPERIMENT } from "../support/catalog.js";
import { pictureOf } from "../support/frames.js";

/** @import { State, Target } from "../../../static/js/types/app.js" */

/**
 * @param {string} dataset
 * @param {Target} [pinned]
 * @returns {State}
 */
function on(dataset, pinned = null) {
  const experiment = withField(EXPERIMENT, "data.dataset", dataset);
  return { ...initialState(CATALOG), experiment, pinned };
}

test("the map knows how many classes there are, and which of them is shown alone", () => {
  assert.equal(mapProps(CATALOG, on("circle")).classes, 2);
  assert.equal(mapProps(CATALOG, on("plane")).classes, 0);
  const blobs = mapProps(CATALOG, on("blobs"));
  assert.deepEqual([blobs.classes, blobs.shown, blobs.caption], [4, null, "Most probable class"]);

  const third = mapProps(CATALOG, on("blobs", { kind: "unit", layer: 2, unit: 3 }));
  assert.deepEqual([third.shown, third.caption], [3, "Probability of class 3"]);
  assert.equal(mapProps(CATALOG, on("blobs", { kind: "unit", layer: 1, unit: 1 })).shown, null);
  assert.equal(mapProps(CATALOG, on("blobs", { kind: "feature", key: "x1" })).shown, null);
});

test("the diagram knows how many outputs there are, and which unit is pinned", () => {
  const output = /** @type {const} */ ({ kind: "unit", layer: 2, unit: 1 });

  assert.equal(diagramProps(CATALOG, on("circle")).outputs, 1);
  const props = diagramProps(CATALOG, on("arms", output));
  assert.equal(props.outputs, 3);
  assert.equal(props.pinned, output);
  assert.equal(props.shown, output);
});

test("the large map shows the newest picture of the output or of a unit, and a feature from the catalogue", () => {
  const run = createRunData(1);
  assert.equal(shownPicture(CATALOG, on("circle"), run), null);
  const frame = pictureOf({ about: { map: JSON.stringify({ unit: { layer: 0, unit: 1 } }) } });
  run.accept(pictureOf(), 0);
  run.accept(frame, 10);

  assert.equal(shownPicture(CATALOG, on("circle"), run)?.bytes, run.outputMap?.values);
  const unit = on("circle", { kind: "unit", layer: 0, unit: 1 });
  assert.equal(shownPicture(CATALOG, unit, run)?.bytes, frame.views.map.values);
  const [feature] = CATALOG.choices.features;
  const shown = shownPicture(CATALOG, on("circle", { kind: "feature", key: feature?.key ?? "" }), run);
  assert.equal(shown?.bytes, feature?.tile);
});

test("the curves of a run are named and have its columns", () => {
  const { losses } = createRunData(1);

  assert.deepEqual(
    lossSeries(losses).map(({ key, column }) => [key, column]),
    [
      ["training", losses.train],
      ["test", losses.test],
      ["validation", losses.validation],
    ],
  );
});
