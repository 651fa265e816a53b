import assert from "node:assert/strict";
import { test } from "node:test";
import { withField } from "../../../static/js/model/experiment.js";
import {
  initialState,
  joined,
  sameTarget,
  shownTarget,
  withConfigured,
  withConnection,
  withEnd,
  withoutEnd,
  withRefusal,
  withRequest,
  withRunState,
} from "../../../static/js/model/state.js";
import { CATALOG, EXPERIMENT } from "../support/catalog.js";

const start = initialState(CATALOG);
const faster = withField(EXPERIMENT, "training.learning_rate", 0.1);
const fastest = withField(EXPERIMENT, "training.learning_rate", 0.3);

/**
 * @param {number} id
 * @param {typeof EXPERIMENT} experiment
 * @returns {import("../../../static/js/types/app.js").Configured}
 */
const configured = (id, experiment) => ({
  type: "configured",
  id,
  experiment,
  reset: false,
  kept: false,
  changed: [],
  run: 1,
  notes: [],
  address: "",
});

const RATE = "training.learning_rate";
/**
 * @param {number} id
 * @param {number} rate
 */
const asking = (id, rate) => ({ id, changes: { [RATE]: rate } });

test("the page starts with the default experiment at a speed that can be watched", () => {
  assert.equal(start.experiment, CATALOG.experiment);
  assert.equal(start.speed, 50);
  assert.equal(start.connection, "connecting");
  assert.deepEqual(start.datasetOf, {
    classification: "circle",
    "multi-class": "blobs",
    regression: "plane",
  });
});

test("what is wanted holds until the answer to the last change comes", () => {
  const first = withRequest(start, CATALOG, asking(1, 0.1));
  const second = withRequest(first, CATALOG, asking(2, 0.3));
  const answered = withConfigured(second, CATALOG, configured(1, faster));

  assert.equal(answered.experiment, faster);
  assert.deepEqual(answered.wanted, fastest);
  const settled = withConfigured(answered, CATALOG, configured(2, fastest));
  assert.equal(settled.wanted, fastest);
  assert.deepEqual(settled.pending, []);
});

test("what is asked for later is shown on top of every answer, and goes with its refusal", () => {
  const asked = withRequest(withRequest(start, CATALOG, asking(1, 0.1)), CATALOG, {
    id: 2,
    changes: { "data.seed": 7 },
  });
  const adapted = withField(faster, "data.noise", 0.4);
  const answered = withConfigured(asked, CATALOG, configured(1, adapted));

  assert.deepEqual(answered.wanted, withField(adapted, "data.seed", 7));
  assert.equal(withRefusal(answered, 2).wanted, adapted);
  assert.deepEqual(
    withRequest(asked, CATALOG, { id: 3, experiment: fastest }).wanted,
    fastest,
    "a whole experiment replaces all",
  );
});

test("requests are joined from the last whole experiment on, later changes of a field win", () => {
  assert.deepEqual(joined([]), {});
  assert.deepEqual(joined([asking(1, 0.1), { changes: { "data.seed": 1 } }, asking(2, 0.3)]), {
    changes: { [RATE]: 0.3, "data.seed": 1 },
  });
  assert.deepEqual(joined([asking(1, 0.1), { experiment: faster }, { changes: { "data.seed": 1 } }]), {
    experiment: faster,
    changes: { "data.seed": 1 },
  });
});

test("a refused change goes back to what holds, an unrelated error changes nothing", () => {
  const changed = withRequest(start, CATALOG, asking(1, 0.1));

  assert.equal(withRefusal(changed, 7), changed);
  assert.equal(withRefusal(changed, 1).wanted, start.experiment);
});

test("the dataset of each problem is remembered", () => {
  const request = { id: 1, changes: { "data.dataset": "xor" } };

  assert.equal(withRequest(start, CATALOG, request).datasetOf.classification, "xor");
});

test("a lost line stops the run and remembers what was asked and has no answer", () => {
  const playing = withRunState(withRequest(start, CATALOG, asking(1, 0.1)), {
    type: "state",
    playing: true,
    epochs_per_second: null,
    reason: "played",
    run: 1,
    epoch: 0,
    step: 0,
    id: null,
  });
  const lost = withConnection(playing, "reconnecting");

  assert.equal(lost.playing, false);
  assert.deepEqual(lost.pending, [asking(1, 0.1)]);
  assert.deepEqual(lost.wanted, faster);
});

for (const kind of /** @type {const} */ (["diverged", "stopped"])) {
  test(`a run that has ${kind} says so until anything changes`, () => {
    const ended = withEnd(
      { ...start, playing: true },
      { type: kind, run: 1, epoch: 3, step: 30, message: "So it is.", id: null },
    );
    const answer = configured(1, faster);

    assert.equal(ended.playing, false);
    assert.deepEqual(ended.ended, { kind, epoch: 3, message: "So it is." });
    assert.ok(withConfigured(ended, CATALOG, answer).ended, "nothing has changed");
    assert.equal(withConfigured(ended, CATALOG, { ...answer, reset: true }).ended, null);
    assert.equal(withConfigured(ended, CATALOG, { ...answer, changed: ["training.stop"] }).ended, null);
    assert.equal(withoutEnd(ended).ended, null);
    assert.equal(withoutEnd(start), start);
  });
}

test("the map shows what is pointed at, else what is pinned, else the output", () => {
  /** @type {import("../../../static/js/types/app.js").Target} */
  const unit = { kind: "unit", layer: 1, unit: 1 };
  /** @type {import("../../../static/js/types/app.js").Target} */
  const feature = { kind: "feature", key: "x1" };

  assert.equal(shownTarget(start), null);
  assert.equal(shownTarget({ ...start, pinned: unit }), unit);
  assert.equal(shownTarget({ ...start, pinned: unit, preview: feature }), feature);
  assert.ok(sameTarget(unit, { ...unit }));
  assert.ok(!sameTarget(unit, feature));
  assert.ok(!sameTarget(unit, null));
});

test("a pinned unit that no longer exists is let go", () => {
  /** @type {import("../../../static/js/types/app.js").Target} */
  const unit = { kind: "unit", layer: 1, unit: 1 };
  const smaller = withConfigured(
    { ...start, pinned: unit },
    CATALOG,
    configured(1, withField(EXPERIMENT, "network.hidden", [4])),
  );

  assert.equal(smaller.pinned, null);
});

test("the output of a class can be pinned, and goes when there is no such class any more", () => {
  /** @type {import("../../../static/js/types/app.js").Target} */
  const output = { kind: "unit", layer: 2, unit: 3 };
  const pinned = { ...start, pinned: output };
  const blobs = withField(EXPERIMENT, "data.dataset", "blobs");
  const arms = withField(EXPERIMENT, "data.dataset", "arms");

  assert.equal(withConfigured(pinned, CATALOG, configured(1, blobs)).pinned, output);
  assert.equal(withConfigured(pinned, CATALOG, configured(1, arms)).pinned, null);
  const single = { ...pinned, pinned: /** @type {const} */ ({ kind: "unit", layer: 2, unit: 0 }) };
  assert.equal(withConfigured(single, CATALOG, configured(1, EXPERIMENT)).pinned, null);
});

test("requests joined as one have no options of a choice that was changed after them", () => {
  const options = { momentum: 0.5 };
  const requests = [
    { changes: { "training.optimizer": "momentum" } },
    { changes: { "training.optimizer_options": options } },
    { changes: { "training.optimizer": "momentum" } },
  ];

  assert.deepEqual(joined(requests).changes, {
    "training.optimizer": "momentum",
    "training.optimizer_options": options,
  });
  assert.deepEqual(joined([...requests, { changes: { "training.optimizer": "adam" } }]).changes, {
    "training.optimizer": "adam",
  });
});
