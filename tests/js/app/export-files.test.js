import "../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { createExportFiles } from "../../../static/js/app/export-files.js";
import { createStore } from "../../../static/js/lib/data/store.js";
import { initialState } from "../../../static/js/model/state.js";
import { createRunData } from "../../../static/js/net/run-data.js";
import { apiThat } from "../support/api.js";
import { CATALOG, EXPERIMENT } from "../support/catalog.js";
import { pictureOf } from "../support/frames.js";

/** @param {string[]} [log] what was asked of the server */
function createFiles(log = []) {
  const runData = createRunData(1);
  const api = apiThat((url) => {
    log.push(`${url.pathname}${url.search}`);
    return [200, "print()"];
  });
  const options = {
    catalog: CATALOG,
    session: {
      store: createStore(initialState(CATALOG)),
      runData,
      exact: async () => void log.push("exact"),
    },
    api,
    paper: /** @type {HTMLElement} */ (/** @type {unknown} */ (null)),
  };
  return { files: createExportFiles(/** @type {any} */ (options)), runData };
}

test("files are named after data set and epoch", async () => {
  const { files, runData } = createFiles();
  runData.accept(pictureOf({ epochs: [0, 1], about: { epoch: "1" } }), 0);

  const { name, blob } = await files.file("experiment");

  assert.equal(name, "playground-circle-epoch-1-experiment.json");
  assert.deepEqual(JSON.parse(await blob.text()).experiment, EXPERIMENT);
  assert.match(await (await files.file("losses")).blob.text(), /^epoch,training_loss,test_loss\n0,0\.5,/);
});

test("a network is exported with its exact parameters, and needs a frame", async () => {
  /** @type {string[]} */
  const log = [];
  const { files, runData } = createFiles(log);
  await assert.rejects(files.file("network"), /no network/);
  runData.accept(pictureOf({ exact: [0.1, 0.2, 0.3] }), 0);

  const { blob } = await files.file("network");
  const bytes = await blob.arrayBuffer();

  assert.equal(blob.type, "application/octet-stream");
  assert.deepEqual(new Float64Array(bytes.slice(-24)), Float64Array.of(0.1, 0.2, 0.3));
  assert.deepEqual(log, ["exact", "exact"]);
});

test("a script trains as long as the run has, or 100 epochs", async () => {
  /** @type {string[]} */
  const log = [];
  const { files, runData } = createFiles(log);
  await files.code("numpy");
  runData.accept(pictureOf({ epochs: [0, 1, 2], about: { epoch: "2" } }), 0);
  const { name, text } = await files.code("keras");

  assert.deepEqual([name, text], ["playground-circle-epoch-2-keras.py", "print()"]);
  assert.match(log[0] ?? "", /numpy\?epochs=100/);
  assert.match(log[1] ?? "", /keras\?epochs=2/);
});

test("another kind of file is an error", async () => {
  await assert.rejects(createFiles().files.file("poem"), /poem/);
});
