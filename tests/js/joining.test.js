import assert from "node:assert/strict";
import { test } from "node:test";
import { createJoining, JoinError, readCode } from "../../static/js/joining.js";
import { useLanguage } from "../../static/js/lib/language.js";

useLanguage({ key: "en", percent: "{number}", texts: { "join.unreachable": "no answer" } });

const PAGE = "https://school.example/class/a/?language=en#x=1";

/**
 * A server that takes one code, and passes until it forgets them.
 * @param {{ required?: boolean, answers?: string[], forbidden?: boolean }} [options] what a person types, in turn
 */
function visit({ required = true, answers = ["123456"], forbidden = false } = {}) {
  /** @type {{ url: string, authorization: string | undefined, body: any }[]} */
  const asked = [];
  const stored = new Map();
  const server = { pass: 1, away: false, forgets: () => (server.pass += 1) };
  let dialogs = 0;
  const joining = createJoining({
    page: PAGE,
    required,
    storage() {
      if (forbidden) throw new DOMException("forbidden", "SecurityError");
      return {
        getItem: (key) => stored.get(key) ?? null,
        setItem: (key, value) => stored.set(key, value),
        removeItem: (key) => stored.delete(key),
      };
    },
    async askPerson() {
      dialogs += 1;
      for (;;) {
        const typed = answers.shift();
        assert.ok(typed !== undefined, "the person was asked once too often");
        try {
          return await joining.offer(typed);
        } catch (error) {
          assert.ok(error instanceof JoinError);
        }
      }
    },
    async ask(url, request) {
      if (server.away) throw new TypeError("no line");
      const body = JSON.parse(String(request?.body));
      const { authorization } = /** @type {Record<string, string>} */ (request?.headers ?? {});
      asked.push({ url: String(url), authorization, body });
      if (String(url).endsWith("/api/join")) {
        const good = body.code === "123456";
        return Response.json(good ? { pass: `pass ${server.pass}` } : { detail: "not the code" }, {
          status: good ? 200 : 403,
        });
      }
      if (authorization !== `Bearer pass ${server.pass}`)
        return Response.json({ detail: "?" }, { status: 401 });
      return Response.json({ ticket: `ticket ${asked.length}` });
    },
  });
  return { joining, asked, stored, server, dialogs: () => dialogs };
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

  assert.equal(await joining.ticket(), undefined);
  assert.deepEqual(asked, []);
});

test("a person is asked until the code is right, and once", async () => {
  const { joining, stored, dialogs } = visit({ answers: ["111111", "123456"] });

  await joining.enter();
  await joining.enter();

  assert.equal(dialogs(), 1);
  assert.deepEqual([...stored.values()], ["pass 1"]);
});

test("tickets come beside the page, with the pass, for the client, and never in an address", async () => {
  const { joining, asked } = visit();

  const ticket = await joining.ticket("browser");

  assert.equal(ticket, "ticket 2");
  assert.deepEqual(asked[1], {
    url: "https://school.example/class/a/api/tickets",
    authorization: "Bearer pass 1",
    body: { client: "browser" },
  });
});

test("a pass that is no longer good is asked for again, for all who need it at once", async () => {
  const { joining, server, dialogs } = visit({ answers: ["123456", "123456"] });
  await joining.enter();
  server.forgets();

  const [first, second, answer] = await Promise.all([
    joining.ticket(),
    joining.ticket(),
    joining.ask(new URL("api/classic", PAGE), { method: "POST", body: "{}", headers: { a: "b" } }),
  ]);

  assert.ok(first && second);
  assert.equal(answer.status, 200);
  assert.equal(dialogs(), 2);
});

test("a code from a link spares the question, and a wrong one does not cost the pass", async () => {
  const { joining, dialogs } = visit();

  await joining.tryCode("123456");
  await joining.tryCode("999999");
  await joining.enter();

  assert.equal(dialogs(), 0);
});

test("a server that does not answer is told in words", async () => {
  const { joining, server } = visit();
  await joining.enter();
  server.away = true;

  await assert.rejects(joining.ticket(), { message: "no answer" });
  await assert.rejects(joining.offer("123456"), { message: "no answer" });
});

test("where the browser keeps nothing, the pass holds until the page is left", async () => {
  const { joining, dialogs } = visit({ forbidden: true });

  assert.ok(await joining.ticket());
  assert.ok(await joining.ticket());
  assert.equal(dialogs(), 1);
});
