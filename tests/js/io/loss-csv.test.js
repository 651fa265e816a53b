import assert from "node:assert/strict";
import { test } from "node:test";
import { writeLosses } from "../../../static/js/io/loss-csv.js";
import { createColumn } from "../../../static/js/lib/data/column.js";

test("losses are a table of every epoch, with a column for validation where there is one", () => {
  const losses = { train: createColumn(), test: createColumn(), validation: createColumn() };
  for (const value of [0.5, 0.1 + 0.2, Number.NaN]) losses.train.push(value);
  for (const value of [0.25, Number.POSITIVE_INFINITY, 0.125]) losses.test.push(value);

  assert.equal(
    writeLosses(losses),
    "epoch,training_loss,test_loss\n0,0.5,0.25\n1,0.30000000000000004,inf\n2,,0.125\n",
  );
  for (const value of [1, 2, 3]) losses.validation.push(value);
  assert.match(writeLosses(losses), /validation_loss\n0,0\.5,0\.25,1\n/);
});
