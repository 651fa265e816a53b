import "../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { withField } from "../../../static/js/model/experiment.js";
import { changesOf, markText, withMark } from "../../../static/js/model/setting-change-marks.js";
import { initialState, withConfigured } from "../../../static/js/model/state.js";
import { CATALOG, EXPERIMENT } from "../support/catalog.js";

const faster = withField(EXPERIMENT, "training.learning_rate", 0.1);
const RATE = CATALOG.fields["training.learning_rate"]?.label;

test("a change is told by its label and both values", () => {
  const changes = changesOf(CATALOG, EXPERIMENT, faster, ["training.learning_rate"]);

  assert.deepEqual(changes, [{ label: RATE, from: "0.03", to: "0.1" }]);
  assert.equal(markText({ epoch: 1200, changes }), `From epoch 1,200 on: ${RATE} 0.03 → 0.1`);
});

test("layers are told unit by unit, options that came along are not", () => {
  const wider = withField(EXPERIMENT, "network.hidden", [8, 4, 2]);
  const [change] = changesOf(CATALOG, EXPERIMENT, wider, ["network.hidden"]);
  assert.equal(`${change?.from} ${change?.to}`, "4–2 8–4–2");

  const other = withField(EXPERIMENT, "training.optimizer", "momentum");
  const paths = ["training.optimizer", "training.optimizer_options"];
  assert.equal(changesOf(CATALOG, EXPERIMENT, other, paths).length, 1);
  assert.equal(changesOf(CATALOG, EXPERIMENT, other, ["training.optimizer_options"]).length, 1);
});

test("changes at one epoch are one mark, and a change taken back is none", () => {
  const up = [{ label: "Rate", from: "1", to: "2" }];
  const on = [{ label: "Rate", from: "2", to: "3" }];
  const marks = withMark(withMark([], 5, up), 5, on);

  assert.deepEqual(marks, [{ epoch: 5, changes: [{ label: "Rate", from: "1", to: "3" }] }]);
  assert.deepEqual(withMark(marks, 5, [{ label: "Rate", from: "3", to: "1" }]), []);
  assert.equal(withMark(marks, 6, up).length, 2);
  assert.equal(withMark(marks, 6, []), marks);
});

test("the state remembers changes until the network starts anew", () => {
  const event = /** @type {const} */ ({ type: "configured", id: null, kept: false, run: 1, address: "" });
  const changed = ["training.learning_rate"];
  const told = { ...event, experiment: faster, reset: false, changed, notes: [] };
  const marked = withConfigured(initialState(CATALOG), CATALOG, told, 7);

  assert.deepEqual(
    marked.marks.map(({ epoch }) => epoch),
    [7],
  );
  assert.deepEqual(withConfigured(marked, CATALOG, { ...told, reset: true }, 9).marks, []);
});
