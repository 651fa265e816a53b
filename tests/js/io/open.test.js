import "../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { beginningOf, openFile, openLink } from "../../../static/js/io/open.js";
import { withField } from "../../../static/js/model/experiment.js";
import { apiThat, PAGE } from "../support/api.js";
import { CATALOG, EXPERIMENT } from "../support/catalog.js";

/** @import { Targets } from "../../../static/js/own-data/point-set.js" */

const OPENED = withField(EXPERIMENT, "data.seed", 3);
/** @type {Targets} */
const OWN = { points: [[1, 2, 0]], point_classes: 3 };

/**
 * @param {object} [answer] what the server adds to its usual answer
 * @param {Targets | null} [own] own points of this browser
 */
function start(answer = {}, own = null) {
  /** @type {unknown[]} */
  const asked = [];
  const api = apiThat(({ pathname }, body) => {
    assert.equal(pathname, "/play/api/read");
    asked.push(body);
    const usual = {
      experiment: OPENED,
      notes: ["x is not known"],
      misses_points: false,
      network: null,
    };
    return [200, { ...usual, ...answer }];
  });
  return { asked, openers: { catalog: CATALOG, api, points: { read: () => own } } };
}

test("a link is read by the server, with the own points that it may refer to", async () => {
  const { asked, openers } = start({ misses_points: true }, OWN);

  const opening = await openLink(openers, " https://x/#data.seed=3\n", PAGE);
  await openLink(openers, "#data.points=own");

  assert.deepEqual(opening, {
    experiment: OPENED,
    notes: ["x is not known"],
    misses_points: true,
    network: null,
  });
  assert.deepEqual(asked, [
    { text: "https://x/#data.seed=3" },
    { text: "#data.points=own", own_points: { points: [[1, 2, 0]], point_classes: 3 } },
  ]);
});

test("the address of the page itself is the default experiment, and nothing is no link", async () => {
  const { asked, openers } = start();

  assert.deepEqual((await openLink(openers, "https://host/play/", PAGE)).experiment, EXPERIMENT);
  assert.deepEqual((await openLink(openers, "#")).experiment, EXPERIMENT);
  await assert.rejects(openLink(openers, " ", PAGE), /Paste a link first/);
  assert.deepEqual(asked, []);
});

test("the run begins with the page's address, unless that is an anchor or empty", () => {
  const { openers } = start({}, OWN);

  assert.deepEqual(beginningOf(openers, "data.seed%3D8"), { address: "data.seed%3D8" });
  assert.deepEqual(beginningOf(openers, "data.points=own"), { address: "data.points=own", own_points: OWN });
  for (const fragment of ["", "playground"]) assert.deepEqual(beginningOf(openers, fragment), {});
  assert.deepEqual(beginningOf(start().openers, "data.points=own"), { address: "data.points=own" });
});

test("a file is read by the server, and its network comes with it", async () => {
  const network = { parameters: [0.1, -2], epoch: 7, step: 70 };
  const { asked, openers } = start({ network });
  const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => index % 251);

  const opening = await openFile(openers, new Blob([bytes]));

  assert.deepEqual(opening.network, network);
  const [{ file }] = /** @type {{ file: string }[]} */ (asked);
  assert.deepEqual(
    Uint8Array.from(atob(file), (character) => character.charCodeAt(0)),
    bytes,
  );
});

test("a file too large is refused unread, and parameters that are too large for the protocol", async () => {
  const file = new Blob([new Uint8Array(5_000_001)]);
  file.arrayBuffer = () => assert.fail("read");
  const { openers } = start({ network: { parameters: [0, -1.1e6], epoch: 0, step: 0 } });

  await assert.rejects(openFile(openers, file), /5\.0 MB/);
  await assert.rejects(openFile(openers, new Blob(["x"])), /larger than a million/);
});
