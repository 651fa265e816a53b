import "../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { openFile, openLink, openStart } from "../../../static/js/io/open.js";
import { withField } from "../../../static/js/model/experiment.js";
import { toWire } from "../../../static/js/net/protocol.js";
import { apiThat, PAGE } from "../support/api.js";
import { EXPERIMENT } from "../support/catalog.js";
import { WHOLE } from "../support/fields.js";

const SEEDED = withField(EXPERIMENT, "data.classicSeed", "0.12345");

const api = apiThat(({ pathname }, { link }) => {
  assert.equal(pathname, "/play/api/classic");
  if (link.includes("batchSize=0"))
    return [422, { detail: "batchSize is '0' in the link; it must be a number", field: "batchSize" }];
  return [200, { experiment: toWire(SEEDED), notes: link.includes("sing") ? ["sing is not known"] : [] }];
});
const openers = { catalog: WHOLE, api, points: { read: () => null } };

test("links of this playground and of the original open, whole or only their end", async () => {
  for (const link of ["https://x/#data.seed=3", " data.seed=3\n", "#data.seed=3&sing=1"])
    assert.equal((await openLink(openers, link, PAGE)).experiment.data.seed, 3);
  assert.deepEqual((await openLink(openers, "https://host/play/", PAGE)).experiment, EXPERIMENT);
  for (const link of ["https://original/#activation=tanh&seed=0.12345", "batchSize=3&seed=0.12345"])
    assert.deepEqual((await openLink(openers, link, PAGE)).experiment, SEEDED);
});

test("what of a link was passed over is named: by the server for the original's, and what was cut off", async () => {
  const problems = async (/** @type {string} */ link) => (await openLink(openers, link, PAGE)).problems;

  assert.deepEqual(await problems("#batchSize=3&sing=1"), ["sing is not known"]);
  assert.deepEqual(await problems("<https://x/#data.seed=3>."), ['">." at the end of the link was left out']);
  assert.deepEqual((await openStart(openers, "#batchSize=3&sing=1")).problems, ["sing is not known"]);
});

test("the page opens its address as mails mangle it", async () => {
  for (const hash of ["#data.seed=3&amp;data.noise=0.5", "#data.seed%3D3%26data.noise%3D0.5"]) {
    const { experiment, problems } = await openStart(openers, hash);
    assert.deepEqual([experiment?.data.seed, experiment?.data.noise, problems], [3, 0.5, []]);
  }
});

test("what is no link is refused with a sentence", async () => {
  const cases = /** @type {[string, RegExp][]} */ ([
    ["", /Paste a link first/],
    ["https://example.org/", /nothing follows a #/],
    ["https://example.org/#chapter", /no link of this playground/],
    ["#batchSize=0", /batchSize is '0'/],
  ]);
  for (const [link, sentence] of cases) await assert.rejects(openLink(openers, link, PAGE), sentence);
});

test("the page begins with its address, and with the default experiment where that says nothing", async () => {
  assert.equal((await openStart(openers, "#data.seed=8")).experiment?.data.seed, 8);
  assert.deepEqual(await openStart(openers, "#playground"), {});
  assert.match((await openStart(openers, "#batchSize=0")).refusal ?? "", /batchSize/);
});

test("a file too large is refused unread", async () => {
  const file = new Blob([new Uint8Array(5_000_001)]);
  file.arrayBuffer = () => assert.fail("read");

  await assert.rejects(openFile(openers, file), /5\.0 MB/);
});
