import assert from "node:assert/strict";
import { test } from "node:test";
import { useLanguage } from "../../../static/js/lib/text/i18n.js";
import { createAuth, JoinError, readCode } from "../../../static/js/net/auth.js";

useLanguage({
  key: "en",
  percent: "{number}",
  texts: { "join.unreachable": "no answer", "join.no-cookie": "no cookie" },
});

const PAGE = "https://school.example/class/a/?language=en#x=1";

/**
 * A server that takes one code, and a browser that keeps its cookie until the server forgets it.
 * @param {{ required?: boolean, answers?: string[], cookies?: boolean }} [options] what a person types, in turn
 */
function visit({ required = true, answers = ["123456"], cookies = true } = {}) {
  /** @type {{ method: string, url: string, body: any }[]} */
  const asked = [];
  /** @type {string[]} */
  const told = [];
  const server = { joined: false, away: false };
  let dialogs = 0;
  const auth = createAuth({
    page: PAGE,
    required,
    async askPerson() {
      dialogs += 1;
      for (;;) {
        const typed = answers.shift();
        assert.ok(typed !== undefined, "the person was asked once too often");
        try {
          return await auth.submitCode(typed);
        } catch (error) {
          assert.ok(error instanceof JoinError);
          told.push(error.message);
        }
      }
    },
    async fetcher(url, { method = "GET", body } = {}) {
      if (server.away) throw new TypeError("no line");
      asked.push({ method, url: String(url), body: body && JSON.parse(String(body)) });
      if (!String(url).endsWith("/api/join"))
        return Response.json({ detail: "join first" }, { status: server.joined ? 200 : 401 });
      if (method === "GET") return Response.json({ joined: server.joined });
      const good = JSON.parse(String(body)).code === "123456";
      if (good) server.joined = cookies;
      return Response.json(good ? { joined: true } : { detail: "not the code" }, {
        status: good ? 200 : 403,
      });
    },
  });
  return { auth, asked, told, server, dialogs: () => dialogs };
}

test("the code of a link is read and the rest of the address stays", () => {
  assert.deepEqual(readCode("#join=123456"), { code: "123456", rest: "" });
  assert.deepEqual(readCode("#join=1&data.dataset=xor&x=2"), { code: "1", rest: "#data.dataset=xor&x=2" });
  assert.deepEqual(readCode("#data.dataset=xor&join=1"), { code: "1", rest: "#data.dataset=xor" });
  assert.deepEqual(readCode("#data.dataset=xor"), { code: null, rest: "#data.dataset=xor" });
  assert.deepEqual(readCode("#explanations"), { code: null, rest: "#explanations" });
  assert.deepEqual(readCode(""), { code: null, rest: "" });
});

test("where nothing is asked for, nothing is asked", async () => {
  const { auth, asked } = visit({ required: false });

  await auth.ensureJoined();
  await auth.tryCode("123456");

  assert.deepEqual(asked, []);
});

test("a person is asked until the code is right, and once", async () => {
  const { auth, told, dialogs } = visit({ answers: ["111111", "123456"] });

  await auth.ensureJoined();
  await auth.ensureJoined();

  assert.equal(dialogs(), 1);
  assert.deepEqual(told, ["not the code"]);
});

test("the code is given beside the page, and never in an address", async () => {
  const { auth, asked } = visit();

  await auth.ensureJoined();

  const address = "https://school.example/class/a/api/join";
  assert.deepEqual(asked, [
    { method: "GET", url: address, body: undefined },
    { method: "POST", url: address, body: { code: "123456" } },
    { method: "GET", url: address, body: undefined },
  ]);
});

test("a browser that has the cookie is not asked", async () => {
  const { auth, server, dialogs } = visit();
  server.joined = true;

  await auth.ensureJoined();

  assert.equal(dialogs(), 0);
});

test("a browser that keeps no cookie is told so, though the code is right", async () => {
  const { auth, told } = visit({ answers: ["123456", "123456"], cookies: false });

  await assert.rejects(auth.ensureJoined(), /once too often/);

  assert.deepEqual(told, ["no cookie", "no cookie"]);
});

test("a cookie that is no longer valid has the person asked, once for all who need it", async () => {
  const { auth, server, dialogs } = visit({ answers: ["123456", "123456"] });
  await auth.ensureJoined();
  server.joined = false;
  const question = () =>
    auth.fetch(new URL("api/classic", PAGE), { method: "POST", body: "{}", headers: { a: "b" } });

  const [, first, second] = await Promise.all([auth.ensureJoined(), question(), question()]);

  assert.equal(first.status, 200);
  assert.equal(second.status, 200);
  assert.equal(dialogs(), 2);
});

test("a code from a link spares the question, and a wrong one does not cost the cookie", async () => {
  const { auth, dialogs } = visit();

  await auth.tryCode("123456");
  await auth.tryCode("999999");
  await auth.ensureJoined();

  assert.equal(dialogs(), 0);
});

test("a server that does not answer is told in words", async () => {
  const { auth, server } = visit();
  server.away = true;

  await assert.rejects(auth.ensureJoined(), { message: "no answer" });
  await assert.rejects(auth.submitCode("123456"), { message: "no answer" });
});
