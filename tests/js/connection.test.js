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
    onState: (state) => log.push(state),
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
  context.mock.timers.tick(599);
  assert.equal(FakeSocket.opened.length, 1);
  context.mock.timers.tick(1);
  assert.equal(FakeSocket.opened.length, 2);
  FakeSocket.latest().drop();
  context.mock.timers.tick(1199);
  assert.equal(FakeSocket.opened.length, 2);
  context.mock.timers.tick(1);
  FakeSocket.latest().accept();
  FakeSocket.latest().tell(WELCOME);

  assert.deepEqual(log, ["reconnecting", "reconnecting", "opened", "open", "welcome"]);
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

test("where tickets are needed, each line has its own, and none is opened without one", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {(string | undefined)[]} */
  const tickets = [];
  const given = [() => "one", () => Promise.reject(new Error("no answer")), () => "two"];
  createConnection({
    url: "ws://host/ws",
    admit: async () => given.shift()?.(),
    onOpen: (ticket) => tickets.push(ticket),
    onEvent: () => {},
    onFrame: () => {},
    onState: () => {},
    onFault: () => {},
    openSocket: FakeSocket.open,
    random: () => 1,
  });
  const settle = async () => {
    for (let turn = 0; turn < 5; turn += 1) await null;
  };
  assert.equal(FakeSocket.opened.length, 0);
  await settle();

  FakeSocket.latest().accept();
  FakeSocket.latest().drop();
  context.mock.timers.tick(600);
  await settle();
  assert.equal(FakeSocket.opened.length, 1);
  context.mock.timers.tick(1200);
  await settle();
  FakeSocket.latest().accept();

  assert.equal(FakeSocket.opened.length, 2);
  assert.deepEqual(tickets, ["one", "two"]);
});
