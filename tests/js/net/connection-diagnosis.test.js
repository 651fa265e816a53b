import assert from "node:assert/strict";
import { test } from "node:test";
import { phrase } from "../../../static/js/lib/text/i18n.js";
import { createDiagnosis } from "../../../static/js/net/connection-diagnosis.js";
import "../support/language.js";

const PAGE = "https://school.example:8443/class/?x=1#data.noise=5";

/**
 * A diagnosis whose server answers so, one answer after the other.
 * @param {(Response | Error)[]} answers
 */
function diagnosing(...answers) {
  /** @type {{ url: URL, headers: Headers }[]} */
  const asked = [];
  const diagnose = createDiagnosis(PAGE, async (url, request) => {
    asked.push({ url: new URL(String(url)), headers: new Headers(request?.headers) });
    const answer = answers.shift();
    if (!(answer instanceof Response)) throw answer;
    return answer;
  });
  return { diagnose, asked };
}

/** @param {string} reason */
const found = (reason) => Response.json({ reason, detail: `because of ${reason}` });

test("the server is asked beside the page, by plain request, with the origin and the language of the page", async () => {
  const { diagnose, asked } = diagnosing(found("other-origin"));

  await diagnose(0);

  assert.equal(
    asked[0].url.href,
    "https://school.example:8443/class/ws?page=https%3A%2F%2Fschool.example%3A8443",
  );
  assert.equal(asked[0].headers.get("accept-language"), "en");
});

test("what the server finds is told at once", async () => {
  for (const reason of ["other-host", "other-origin", "other-scheme", "page-of-elsewhere"]) {
    const trouble = await diagnosing(found(reason)).diagnose(0);

    assert.equal(trouble?.reason, reason);
    assert.equal(trouble.message, phrase("line.no-connection", { why: `because of ${reason}` }));
  }
});

test("that upgrades do not come through is told when the server answered before and after an attempt", async () => {
  const { diagnose } = diagnosing(...["no-upgrade", "no-upgrade", "no-upgrade"].map(found));

  assert.equal(await diagnose(0), null); // it may only just have come back
  assert.equal((await diagnose(1))?.reason, "no-upgrade");
  assert.equal(await diagnose(0), null); // there was a connection since
});

test("a server that was away in between is not suspected", async () => {
  const { diagnose } = diagnosing(found("no-upgrade"), new TypeError("away"), found("no-upgrade"));

  for (const attempt of [0, 1, 2]) assert.equal(await diagnose(attempt), null);
});

test("whatever else answers is told with its status, unless it says that the server does not", async () => {
  const page = new Response("<h1>Not Found</h1>", { status: 404 });
  const trouble = await diagnosing(page).diagnose(0);

  assert.equal(trouble?.reason, "other-answer");
  assert.match(trouble.message, /404/);
  assert.match(trouble.message, /\/class\/ws/);
  assert.equal(await diagnosing(new Response("Bad Gateway", { status: 502 })).diagnose(0), null);
  assert.equal(await diagnosing(new TypeError("no answer")).diagnose(0), null);
});
