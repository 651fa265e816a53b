import "../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { createApi } from "../../../static/js/net/api.js";
import { apiThat, PAGE } from "../support/api.js";
import { EXPERIMENT } from "../support/catalog.js";

test("a server that refuses, lacks the address or does not answer gives a sentence", async () => {
  const answers = /** @type {[number, unknown, RegExp][]} */ ([
    [422, { detail: "Keras has no such thing", field: null }, /Keras has no such thing/],
    [413, "", /too long/],
    [404, { detail: "Not Found" }, /does not offer/],
    [500, "oops", /status 500/],
  ]);
  for (const [status, content, sentence] of answers) {
    const refusing = apiThat(() => [status, content]);
    await assert.rejects(refusing.writeCode("keras", EXPERIMENT, 7), sentence);
  }
  const away = createApi(PAGE, () => Promise.reject(new TypeError("no line")));
  await assert.rejects(away.writeCode("keras", EXPERIMENT, 7), /does not answer/);
});

test("code is asked for by language and epochs, with the experiment", async () => {
  const writing = apiThat((url, body) => [
    200,
    `${url.pathname}${url.search} ${body.training.learning_rate}`,
  ]);

  assert.equal(
    await writing.writeCode("numpy", EXPERIMENT, 7),
    "/play/api/export/numpy?epochs=7&refusals=answer 0.03",
  );
});
