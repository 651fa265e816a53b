import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createConnection, socketUrl } from "../../../static/js/net/connection.js";
import { createDecompressor } from "../../../static/js/net/frame-decompression.js";
import { frameBytes } from "../support/frames.js";
import { createPacker } from "../support/packing.js";
import { FakeSocket } from "../support/socket.js";

const WELCOME = { type: "welcome", protocol: 2 };

/**
 * @param {string[]} log
 * @param {Partial<import("../../../static/js/net/connection.js").ConnectionOptions>} [more]
 */
function connect(log, more = {}) {
  return createConnection({
    url: "ws://host/ws",
    onOpen: () => log.push("opened"),
    onEvent: (event) => log.push(event.type),
    onFrame: (frame) => log.push(`frame ${frame.number}`),
    onState: (state, trouble) => log.push(trouble ? `${state}: ${trouble.reason}` : state),
    onFault: () => log.push("fault"),
    openSocket: FakeSocket.open,
    random: () => 1,
    ...more,
  });
}

/**
 * Waits for what takes its time elsewhere, as inflating does.
 * @param {() => boolean} happened
 */
async function until(happened) {
  const { setImmediate } = /** @type {any} */ (globalThis);
  while (!happened()) await new Promise((resolve) => setImmediate(resolve));
}

beforeEach(() => {
  FakeSocket.opened = [];
});

test("the socket lies beside the page, whatever its path", () => {
  assert.equal(socketUrl("http://host:8000/"), "ws://host:8000/ws");
  assert.equal(socketUrl("https://host/class/a/?x=1#y"), "wss://host/class/a/ws");
});

test("the line counts as open when the server has said welcome", () => {
  /** @type {string[]} */
  const log = [];
  connect(log);

  FakeSocket.latest().accept();
  FakeSocket.latest().tell(WELCOME);
  FakeSocket.latest().show(frameBytes({ about: { frame: "5" } }));

  assert.deepEqual(log, ["opened", "open", "welcome", "frame 5"]);
});

test("a lost line is tried again, each time more patiently, until it holds", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {string[]} */
  const log = [];
  connect(log);

  FakeSocket.latest().drop();
  context.mock.timers.tick(999);
  assert.equal(FakeSocket.opened.length, 1);
  context.mock.timers.tick(1);
  assert.equal(FakeSocket.opened.length, 2);
  FakeSocket.latest().drop();
  context.mock.timers.tick(1999);
  assert.equal(FakeSocket.opened.length, 2);
  context.mock.timers.tick(1);
  FakeSocket.latest().accept();
  FakeSocket.latest().tell(WELCOME);

  assert.deepEqual(log, ["reconnecting: lost", "reconnecting: lost", "opened", "open", "welcome"]);
});

test("a message that cannot be read is a fault, and the line stays", () => {
  /** @type {string[]} */
  const log = [];
  connect(log);
  FakeSocket.latest().accept();

  FakeSocket.latest().onmessage?.({ data: "{" });
  FakeSocket.latest().show(frameBytes({ without: "losses/train" }));
  FakeSocket.latest().tell(WELCOME);

  assert.deepEqual(log, ["opened", "fault", "fault", "open", "welcome"]);
});

test("nothing is sent while the line is not open", () => {
  const connection = connect([]);

  assert.equal(connection.send({ type: "pause" }), false);
  FakeSocket.latest().accept();
  assert.equal(connection.send({ type: "pause" }), true);
  assert.deepEqual(FakeSocket.latest().sent, [{ type: "pause" }]);
});

test("a closed connection does not come back", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {string[]} */
  const log = [];
  const connection = connect(log);

  connection.close();
  context.mock.timers.tick(60_000);

  assert.equal(FakeSocket.opened.length, 1);
  assert.deepEqual(log, []);
});

test("packed frames and events are handed on in the order in which they came", async () => {
  /** @type {string[]} */
  const log = [];
  const connection = connect(log, { createDecompressor });
  const pack = createPacker();
  const socket = FakeSocket.latest();
  socket.accept();
  assert.equal(connection.encoding, "packed");
  socket.tell(WELCOME);

  socket.show(pack(frameBytes({ about: { frame: "1" } })));
  socket.tell({ type: "state" });
  socket.show(pack(frameBytes({ about: { frame: "2" } })));
  socket.show(pack(frameBytes({ about: { frame: "3" } })));
  socket.tell({ type: "stopped" });
  await until(() => log.at(-1) === "stopped");

  assert.deepEqual(log.slice(2), ["welcome", "frame 1", "state", "frame 2", "frame 3", "stopped"]);
});

test("a platform that cannot decompress comes back for plain frames", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {string[]} */
  const log = [];
  const connection = connect(log, { createDecompressor });
  FakeSocket.latest().accept();
  FakeSocket.latest().show(frameBytes());
  await until(() => log.at(-1) === "reconnecting: lost");
  assert.deepEqual(log, ["opened", "fault", "reconnecting: lost"]);

  context.mock.timers.tick(1000);
  FakeSocket.latest().accept();
  assert.equal(connection.encoding, "plain");
  FakeSocket.latest().show(frameBytes({ about: { frame: "7" } }));
  assert.equal(log.at(-1), "frame 7");
});

test("a platform that keeps what it should decompress comes back for plain frames, too", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {string[]} */
  const log = [];
  let asked = false;
  function decompress() {
    asked = true;
    return new Promise(() => {});
  }
  const decompressor = { decompress, close: () => log.push("let go") };
  const connection = connect(log, { createDecompressor: () => /** @type {any} */ (decompressor) });
  FakeSocket.latest().accept();
  FakeSocket.latest().show(frameBytes());
  await until(() => asked);

  context.mock.timers.tick(10_000);
  await until(() => log.at(-1) === "reconnecting: lost");
  context.mock.timers.tick(1000);

  assert.deepEqual(log.slice(0, 4), ["opened", "fault", "let go", "reconnecting: lost"]);
  assert.equal(connection.encoding, "plain");
});

test("after 45 seconds without a word the line counts as dead, with heartbeats it never does", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let time = 0;
  /** @type {string[]} */
  const log = [];
  const connection = connect(log, { now: () => time });
  FakeSocket.latest().accept();
  FakeSocket.latest().tell(WELCOME);

  for (time = 15_000; time <= 90_000; time += 15_000) FakeSocket.latest().tell({ type: "heartbeat" });
  time = 134_000;
  connection.checkAlive();
  context.mock.timers.tick(2000);
  assert.deepEqual(log, ["opened", "open", "welcome"]);

  time = 136_000;
  connection.checkAlive();
  context.mock.timers.tick(2000);
  assert.deepEqual(log.slice(3), ["reconnecting: lost"]);
});

test("a page that wakes up first hears what has come while it slept", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let time = 0;
  /** @type {string[]} */
  const log = [];
  const connection = connect(log, { now: () => time });
  FakeSocket.latest().accept();
  FakeSocket.latest().tell(WELCOME);

  time = 600_000;
  connection.checkAlive();
  FakeSocket.latest().tell({ type: "heartbeat" });
  context.mock.timers.tick(2000);

  assert.deepEqual(log, ["opened", "open", "welcome"]);
});

test("the first try comes within a second, and none is waited for longer than half a minute", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  connect([]);

  for (const longest of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
    const opened = FakeSocket.opened.length;
    FakeSocket.latest().drop();
    context.mock.timers.tick(longest - 1);
    assert.equal(FakeSocket.opened.length, opened);
    context.mock.timers.tick(1);
    assert.equal(FakeSocket.opened.length, opened + 1);
  }
});

for (const [code, reason] of /** @type {const} */ ([
  [4001, "taken-over"],
  [4003, "forbidden"],
  [4426, "reload"],
])) {
  test(`after ${code} the line does not come back by itself, but when it is asked to`, (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    /** @type {string[]} */
    const log = [];
    const connection = connect(log);
    FakeSocket.latest().accept();

    FakeSocket.latest().drop(code);
    context.mock.timers.tick(600_000);
    connection.retryNow();
    assert.equal(FakeSocket.opened.length, 1);

    connection.reopen();
    assert.equal(FakeSocket.opened.length, 2);
    assert.deepEqual(log, ["opened", `stopped: ${reason}`, "reconnecting: reopened"]);
  });
}

test("a server without room is asked again when it said", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {string[]} */
  const log = [];
  connect(log);
  FakeSocket.latest().accept();

  FakeSocket.latest().tell({ type: "closing", code: 1013, reason: "full", message: "", retry_after: 7.5 });
  FakeSocket.latest().drop(1013);
  context.mock.timers.tick(7499);
  assert.equal(FakeSocket.opened.length, 1);
  context.mock.timers.tick(1);

  assert.equal(FakeSocket.opened.length, 2);
  assert.deepEqual(log, ["opened", "closing", "reconnecting: full"]);
});

test("a server that was too busy, or found the line too slow, is left alone for a while", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  for (const code of [1008, 1009, 1013, 4408]) {
    FakeSocket.opened = [];
    connect([]);
    FakeSocket.latest().drop(code);
    context.mock.timers.tick(4999);
    assert.equal(FakeSocket.opened.length, 1, String(code));
    context.mock.timers.tick(10_001);
    assert.equal(FakeSocket.opened.length, 2, String(code));
  }
});

test("a refused token and a restart are followed by a try at once", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  for (const code of [1012, 4409]) {
    FakeSocket.opened = [];
    connect([]);
    FakeSocket.latest().drop(code);
    context.mock.timers.tick(1000);
    assert.equal(FakeSocket.opened.length, 2, String(code));
  }
});

test("a stopped line says why and stays so until it is asked for", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {string[]} */
  const log = [];
  const connection = connect(log);

  connection.stop("reload");
  context.mock.timers.tick(600_000);

  assert.equal(FakeSocket.opened.length, 1);
  assert.deepEqual(log, ["stopped: reload"]);
});

test("after a line that was refused without the join code, the next one waits until it was given", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {string[]} */
  const states = [];
  const answers = [() => Promise.reject(new Error("no answer")), () => Promise.resolve()];
  createConnection({
    url: "ws://host/ws",
    join: async () => answers.shift()?.(),
    onOpen: () => {},
    onEvent: () => {},
    onFrame: () => {},
    onState: (state) => states.push(state),
    onFault: () => {},
    openSocket: FakeSocket.open,
    random: () => 1,
  });
  const refuse = async () => {
    FakeSocket.latest().accept();
    FakeSocket.latest().drop(4003);
    context.mock.timers.tick(30_000);
    for (let turn = 0; turn < 5; turn += 1) await null;
  };
  assert.equal(FakeSocket.opened.length, 1);

  await refuse();
  assert.equal(FakeSocket.opened.length, 1);
  context.mock.timers.tick(30_000);
  assert.equal(FakeSocket.opened.length, 2);

  await refuse();
  assert.equal(FakeSocket.opened.length, 3);
  assert.ok(!states.includes("stopped"));
  assert.equal(answers.length, 0);
});

test("a line that does not come about is told with its cause, and goes on being tried", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {string[]} */
  const log = [];
  /** @type {number[]} */
  const asked = [];
  connect(log, {
    diagnose: async (attempt) => {
      asked.push(attempt);
      return { reason: "other-origin", message: "" };
    },
  });

  FakeSocket.latest().drop();
  await until(() => log.length === 2);
  context.mock.timers.tick(1000);
  FakeSocket.latest().drop();
  await until(() => log.length === 4);
  context.mock.timers.tick(2000);
  FakeSocket.latest().accept();
  FakeSocket.latest().tell(WELCOME);

  // Found once, it is told at the next failure at once.
  const told = ["reconnecting: lost", ...Array(3).fill("reconnecting: other-origin")];
  assert.deepEqual(log, [...told, "opened", "open", "welcome"]);
  assert.deepEqual(asked, [0, 1]);
});

test("a line that was open and is lost is not asked about", () => {
  /** @type {string[]} */
  const log = [];
  connect(log, { diagnose: () => assert.fail("asked") });

  FakeSocket.latest().accept();
  FakeSocket.latest().tell(WELCOME);
  FakeSocket.latest().drop();

  assert.equal(log.at(-1), "reconnecting: lost");
});

test("a cause that has gone is not told any longer", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {string[]} */
  const log = [];
  const causes = [{ reason: "other-host", message: "" }, null];
  connect(log, { diagnose: async () => causes.shift() ?? null });

  FakeSocket.latest().drop();
  await until(() => log.length === 2);
  context.mock.timers.tick(1000);
  FakeSocket.latest().drop();
  await until(() => log.length === 4);

  assert.equal(log.at(-1), "reconnecting: lost");
});

test("what is found out when there is a line again is forgotten", async () => {
  /** @type {string[]} */
  const log = [];
  /** @type {(trouble: null | { reason: string, message: string }) => void} */
  let answer = () => undefined;
  const connection = connect(log, { diagnose: () => new Promise((resolve) => (answer = resolve)) });

  FakeSocket.latest().drop();
  connection.retryNow();
  FakeSocket.latest().accept();
  FakeSocket.latest().tell(WELCOME);
  answer({ reason: "other-host", message: "" });
  await new Promise((resolve) => /** @type {any} */ (globalThis).setImmediate(resolve));
  FakeSocket.latest().drop();
  connection.retryNow();
  FakeSocket.latest().drop();
  connection.close();

  const lost = "reconnecting: lost";
  assert.deepEqual(log, [lost, "opened", "open", "welcome", lost, lost]);
});
