import "../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { openFile, openLink, openStart } from "../../../static/js/io/open.js";
import { createPointStore } from "../../../static/js/io/own-points-storage.js";
import { classicAddress, withoutLostSeed } from "../../../static/js/io/tf-playground.js";
import { withField } from "../../../static/js/model/experiment.js";
import { createService } from "../../../static/js/net/api.js";
import { toWire } from "../../../static/js/net/protocol.js";
import { EXPERIMENT } from "../support/catalog.js";
import { WHOLE } from "../support/fields.js";

const PAGE = "https://host/play/#data.seed=1";
const SEEDED = withField(EXPERIMENT, "data.classicSeed", "0.12345");

/** @param {(url: URL, body: any) => [status: number, content: unknown]} answer */
function serviceThat(answer) {
  return createService(PAGE, async (url, request) => {
    const [status, content] = answer(/** @type {URL} */ (url), JSON.parse(String(request?.body)));
    return new Response(typeof content === "string" ? content : JSON.stringify(content), { status });
  });
}

const service = serviceThat(({ pathname }, { link }) => {
  assert.equal(pathname, "/play/api/classic");
  if (link.includes("batchSize=0"))
    return [422, { detail: "batchSize is '0' in the link; it must be a number", field: "batchSize" }];
  return [200, { experiment: toWire(SEEDED), notes: link.includes("sing") ? ["sing is not known"] : [] }];
});
const openers = { catalog: WHOLE, service, points: { read: () => null } };

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

test("a server that refuses, lacks or does not answer is told in words", async () => {
  const answers = /** @type {[number, unknown, RegExp][]} */ ([
    [422, { detail: "Keras has no such thing", field: null }, /Keras has no such thing/],
    [413, "", /too long/],
    [404, { detail: "Not Found" }, /does not offer/],
    [500, "oops", /status 500/],
  ]);
  for (const [status, content, sentence] of answers) {
    const refusing = serviceThat(() => [status, content]);
    await assert.rejects(refusing.writeCode("keras", EXPERIMENT, 7), sentence);
  }
  const away = createService(PAGE, () => Promise.reject(new TypeError("no line")));
  await assert.rejects(away.writeCode("keras", EXPERIMENT, 7), /does not answer/);
});

test("code is asked for by language and epochs, with the experiment of the wire", async () => {
  const writing = serviceThat((url, body) => [
    200,
    `${url.pathname}${url.search} ${body.training.learning_rate}`,
  ]);

  assert.equal(
    await writing.writeCode("numpy", EXPERIMENT, 7),
    "/play/api/export/numpy?epochs=7&refusals=answer 0.03",
  );
});

test("the address in the original, or which setting it lacks", async () => {
  const linking = serviceThat((_, { experiment }) =>
    experiment.training.clip_norm > 0
      ? [
          422,
          {
            detail: "training.clip_norm is 1.0, which the original does not have",
            field: "training.clip_norm",
          },
        ]
      : [200, { link: "seed=0.12345" }],
  );

  assert.match(await classicAddress(linking, SEEDED), /^https:\/\/[^#]+#seed=0\.12345$/);
  await assert.rejects(classicAddress(linking, EXPERIMENT), /no seed of the original/);
  await assert.rejects(
    classicAddress(linking, withField(SEEDED, "training.clipNorm", 1)),
    /clip_norm is 1\.0/,
  );
});

test("the seed of the original is left when it can no longer draw what is asked for", () => {
  const ask = (/** @type {string} */ path, /** @type {unknown} */ value) =>
    withoutLostSeed(WHOLE, SEEDED, { experiment: withField(SEEDED, path, value), notes: [] });

  assert.equal(ask("data.dataset", "xor").experiment.data.classicSeed, "0.12345");
  assert.equal(ask("training.learningRate", 1).experiment.data.classicSeed, "0.12345");
  for (const [path, value] of /** @type {[string, unknown][]} */ ([
    ["data.dataset", "arms"],
    ["network.initializer", "he"],
    ["data.minorityShare", 0.2],
    ["data.seed", 5],
    ["network.seed", 5],
  ])) {
    const { experiment, notes } = ask(path, value);
    assert.equal(experiment.data.classicSeed, null, path);
    assert.equal(notes.length, 1);
  }
  assert.deepEqual(withoutLostSeed(WHOLE, SEEDED, { experiment: SEEDED, notes: [] }).notes, []);
});

test("own points are kept as well as the browser allows", () => {
  const own = { points: Array.from({ length: 10 }, (_, index) => [index, 0, 1]), pointClasses: 2 };
  /** @type {Map<string, string>} */
  const kept = new Map();
  const local = /** @type {Storage} */ (
    /** @type {unknown} */ ({
      getItem: (/** @type {string} */ key) => kept.get(key) ?? null,
      setItem: (/** @type {string} */ key, /** @type {string} */ value) => kept.set(key, value),
    })
  );
  const forbidden = () => {
    throw new Error("forbidden");
  };
  const half = createPointStore(WHOLE, (place) => (place === "localStorage" ? local : forbidden()));

  assert.equal(half.read(), null);
  assert.equal(half.write(own), true);
  assert.deepEqual(half.read(), own);
  kept.set("own-points", '{"points": [[1, 2]]}');
  assert.equal(half.read(), null);
  const none = createPointStore(WHOLE, forbidden);
  assert.equal(none.write(own), false);
  assert.equal(none.read(), null);
});
