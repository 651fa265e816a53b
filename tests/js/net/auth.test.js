import assert from "node:assert/strict";
import { test } from "node:test";
import { useLanguage } from "../../../static/js/lib/text/i18n.js";
import { createJoining, JoinError, readCode } from "../../../static/js/net/auth.js";

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
  const joining = createJoining({
    page: PAGE,
    required,
    async askPerson() {
      dialogs += 1;
      for (;;) {
        const typed = answers.shift();
        assert.ok(typed !== undefined, "the person was asked once too often");
        try {
          return await joining.offer(typed);
        } catch (error) {
          assert.ok(error instanceof JoinError);
          told.push(error.message);
        }
      }
    },
    async ask(url, { method = "GET", body } = {}) {
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
  return { joining, asked, told, server, dialogs: () => dialogs };
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
  const { joining, asked } = visit({ required: false });

  await joining.enter();
  await joining.tryCode("123456");

  assert.deepEqual(asked, []);
});

test("a person is asked until the code is right, and once", async () => {
  const { joining, told, dialogs } = visit({ answers: ["111111", "123456"] });

  await joining.enter();
  await joining.enter();

  assert.equal(dialogs(), 1);
  assert.deepEqual(told, ["not the code"]);
});

test("the code is given beside the page, and never in an address", async () => {
  const { joining, asked } = visit();

  await joining.enter();

  const address = "https://school.example/class/a/api/join";
  assert.deepEqual(asked, [
    { method: "GET", url: address, body: undefined },
    { method: "POST", url: address, body: { code: "123456" } },
    { method: "GET", url: address, body: undefined },
  ]);
});

test("a browser that has the cookie is not asked", async () => {
  const { joining, server, dialogs } = visit();
  server.joined = true;

  await joining.enter();

  assert.equal(dialogs(), 0);
});

test("a browser that keeps no cookie is told so, though the code is right", async () => {
  const { joining, told } = visit({ answers: ["123456", "123456"], cookies: false });

  await assert.rejects(joining.enter(), /once too often/);

  assert.deepEqual(told, ["no cookie", "no cookie"]);
});

test("a cookie that is no longer valid has the person asked, once for all who need it", async () => {
  const { joining, server, dialogs } = visit({ answers: ["123456", "123456"] });
  await joining.enter();
  server.joined = false;
  const question = () =>
    joining.ask(new URL("api/classic", PAGE), { method: "POST", body: "{}", headers: { a: "b" } });

  const [, first, second] = await Promise.all([joining.enter(), question(), question()]);

  assert.equal(first.status, 200);
  assert.equal(second.status, 200);
  assert.equal(dialogs(), 2);
});

test("a code from a link spares the question, and a wrong one does not cost the cookie", async () => {
  const { joining, dialogs } = visit();

  await joining.tryCode("123456");
  await joining.tryCode("999999");
  await joining.enter();

  assert.equal(dialogs(), 0);
});

test("a server that does not answer is told in words", async () => {
  const { joining, server } = visit();
  server.away = true;

  await assert.rejects(joining.enter(), { message: "no answer" });
  await assert.rejects(joining.offer("123456"), { message: "no answer" });
});
