import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createConnection, socketUrl } from "../../static/js/connection.js";
import { frameBytes } from "./support/frames.js";
import { FakeSocket } from "./support/socket.js";

const WELCOME = { type: "welcome", protocol: 1 };

/** @param {string[]} log */
function connect(log) {
  return createConnection({
    url: "ws://host/ws",
    onOpen: () => log.push("opened"),
    onEvent: (event) => log.push(event.type),
    onFrame: (frame) => log.push(`frame ${frame.number}`),
    onState: (state, trouble) => log.push(trouble ? `${state}: ${trouble.reason}` : state),
    onFault: () => log.push("fault"),
    openSocket: FakeSocket.open,
    random: () => 1,
  });
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
  FakeSocket.latest().show(frameBytes({ without: "map" }));
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
