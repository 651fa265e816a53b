import "../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { withDataset, withFitting } from "../../../static/js/model/constraints.js";
import { getField, withField } from "../../../static/js/model/experiment.js";
import { problemOf, splitOf } from "../../../static/js/model/problem.js";
import { CATALOG, EXPERIMENT } from "../support/catalog.js";

/** @import { Experiment } from "../../../static/js/types/app.js" */

/**
 * @param {Experiment} experiment
 * @param {Record<string, unknown>} fields
 */
const having = (experiment, fields) =>
  Object.entries(fields).reduce((changed, [path, value]) => withField(changed, path, value), experiment);

test("another dataset of the same problem changes nothing else", () => {
  const sampled = having(EXPERIMENT, { "data.samples": 200, "data.minorityShare": 0.2 });
  const { experiment, notes } = withDataset(CATALOG, sampled, "xor");

  assert.deepEqual(experiment, withField(sampled, "data.dataset", "xor"));
  assert.deepEqual(notes, []);
});

test("a dataset of another problem brings its samples and a loss that fits", () => {
  const logistic = withField(EXPERIMENT, "objective.loss", "logistic");
  const { experiment } = withDataset(CATALOG, logistic, "plane");

  assert.equal(problemOf(CATALOG, experiment), "regression");
  assert.equal(experiment.data.samples, 1200);
  assert.equal(experiment.objective.loss, "half-squared-error");
});

test("a loss that fits the other problem too is kept", () => {
  const there = withDataset(CATALOG, EXPERIMENT, "plane").experiment;

  assert.equal(withDataset(CATALOG, there, "circle").experiment.objective.loss, "half-squared-error");
});

test("many classes bring softmax and the options of their dataset, and take both away again", () => {
  const there = withDataset(CATALOG, EXPERIMENT, "blobs").experiment;
  const back = withDataset(CATALOG, there, "circle").experiment;

  assert.equal(there.objective.loss, "softmax");
  assert.deepEqual(there.data.datasetOptions, { classes: 4 });
  assert.equal(back.objective.loss, "half-squared-error");
  assert.deepEqual(back.data.datasetOptions, {});
});

test("what means nothing for the new problem goes back to its default", () => {
  const rare = having(EXPERIMENT, { "data.minorityShare": 0.2, "data.labelFlips": 0.1 });

  const values = withDataset(CATALOG, rare, "plane").experiment.data;
  assert.equal(values.minorityShare, 0);
  assert.equal(values.labelFlips, 0.1);
  assert.equal(withDataset(CATALOG, rare, "blobs").experiment.data.minorityShare, 0.2);
});

test("a dataset takes the place of own points", () => {
  const points = Array.from(
    { length: 12 },
    (_, index) => /** @type {[number, number, number]} */ ([0, index, index % 3]),
  );
  const own = having(EXPERIMENT, {
    "data.points": points,
    "data.pointClasses": 3,
    "data.samples": 12,
    "objective.loss": "softmax",
  });

  const { data, objective } = withDataset(CATALOG, own, "circle").experiment;
  assert.deepEqual([data.points, data.pointClasses, data.samples], [null, 2, 500]);
  assert.equal(objective.loss, "half-squared-error");
});

test("of training and validation the other one gives way, so that a sample remains for the test", () => {
  const start = having(EXPERIMENT, { "data.validationFraction": 0.3, "data.trainFraction": 0.5 });

  const more = withFitting(CATALOG, start, "data.trainFraction", 0.9);
  const half = withFitting(
    CATALOG,
    withField(start, "data.trainFraction", 0.9),
    "data.validationFraction",
    0.5,
  );

  assert.equal(more.experiment.data.trainFraction, 0.9);
  assert.equal(more.experiment.data.validationFraction, 0.05);
  assert.match(more.notes.join(), /Validation share is now 5.%/);
  assert.equal(half.experiment.data.validationFraction, 0.5);
  assert.equal(half.experiment.data.trainFraction, 0.4);
  assert.match(half.notes.join(), /Training share is now 40.%/);
});

test("whatever three sliders are set to, there are samples for the test", () => {
  for (const samples of [10, 11, 50, 500]) {
    for (let train = 1; train <= 9; train++) {
      for (let validation = 0; validation <= 10; validation++) {
        for (const last of ["data.samples", "data.trainFraction", "data.validationFraction"]) {
          const wanted = having(EXPERIMENT, {
            "data.samples": samples,
            "data.trainFraction": train / 10,
            "data.validationFraction": validation / 20,
          });
          const { experiment } = withFitting(CATALOG, wanted, last, getField(wanted, last));
          assert.ok(splitOf(experiment.data).test >= 1, `${samples} ${train} ${validation} ${last}`);
          assert.ok(experiment.data.trainFraction >= 0.1);
        }
      }
    }
  }
});

test("what fits stays as it is, and nothing is told", () => {
  const { experiment, notes } = withFitting(CATALOG, EXPERIMENT, "data.validationFraction", 0.4);

  assert.deepEqual(experiment, withField(EXPERIMENT, "data.validationFraction", 0.4));
  assert.deepEqual(notes, []);
});

test("a rule that watches validation samples gets some", () => {
  const { experiment, notes } = withFitting(CATALOG, EXPERIMENT, "training.stop", "early");

  assert.equal(experiment.data.validationFraction, 0.2);
  assert.deepEqual(experiment.training.stopOptions, { patience: 50 });
  assert.match(notes.join(), /20.%/);
});

test("for those the training share gives way if it must", () => {
  const full = withField(EXPERIMENT, "data.trainFraction", 0.9);
  const { experiment, notes } = withFitting(CATALOG, full, "training.stop", "early");

  assert.deepEqual([experiment.data.trainFraction, experiment.data.validationFraction], [0.7, 0.2]);
  assert.equal(notes.length, 2);
});

test("a rule that needs none, or finds some, changes nothing else", () => {
  const some = withField(EXPERIMENT, "data.validationFraction", 0.1);

  assert.equal(
    withFitting(CATALOG, EXPERIMENT, "training.stop", "epochs").experiment.data.validationFraction,
    0,
  );
  const { experiment, notes } = withFitting(CATALOG, some, "training.stop", "early");
  assert.equal(experiment.data.validationFraction, 0.1);
  assert.deepEqual(notes, []);
});

test("without validation samples such a rule is taken back", () => {
  const early = withFitting(CATALOG, EXPERIMENT, "training.stop", "early").experiment;

  const none = withFitting(CATALOG, early, "data.validationFraction", 0);
  assert.equal(none.experiment.training.stop, "never");
  assert.deepEqual(none.experiment.training.stopOptions, {});
  assert.match(none.notes.join(), /early.*never/);

  const few = having(early, { "data.samples": 10, "data.validationFraction": 0.05 });
  const squeezed = withFitting(CATALOG, few, "data.trainFraction", 0.9);
  assert.equal(squeezed.experiment.data.validationFraction, 0);
  assert.equal(squeezed.experiment.training.stop, "never");
});
