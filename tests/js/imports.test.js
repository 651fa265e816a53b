/** Who may import whom: `lib` only itself, `own-data` only `lib`, views both; only `wiring` and `main.js` bring them together. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const SOURCE = fileURLToPath(new URL("../../static/js", import.meta.url));

/** From the ground up: a module of one floor imports only from floors below. */
const FLOORS = [
  [
    "experiment.js",
    "protocol.js",
    "actions.js",
    "words.js",
    "values.js",
    "losses-file.js",
    "regions.js",
    "starts.js",
  ],
  [
    "packing.js",
    "problem.js",
    "history.js",
    "record.js",
    "diagnosis.js",
    "joining.js",
    "service.js",
    "setting-marks.js",
    "explanations.js",
  ],
  ["assembling.js", "fitting.js"],
  ["own-points.js"],
  ["state.js"],
  ["address.js", "classic.js", "files.js", "line.js", "store.js", "stream.js", "props.js"],
  ["connection.js", "pocket.js", "opening.js", "point-store.js", "exporting.js"],
  ["session.js", "telling.js"],
  ["keeping.js"],
  ["main.js", "full.js"],
];

/** @param {string} path */
const slashed = (path) => join(path).split("\\").join("/");

const files = /** @type {string[]} */ (readdirSync(SOURCE, { recursive: true }))
  .map(slashed)
  .filter((path) => path.endsWith(".js"));

/**
 * The modules that a module really imports; imports of types in comments do not count.
 * @param {string} file
 * @returns {string[]} relative to the source folder, or as written when they are not relative
 */
function importsOf(file) {
  const text = readFileSync(join(SOURCE, file), "utf8").replace(/\/\*\*[\s\S]*?\*\//g, "");
  const names = [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => String(match[1]));
  return names.map((name) => (name.startsWith(".") ? slashed(join(dirname(file), name)) : name));
}

/** @param {string} file */
const floorOf = (file) => FLOORS.findIndex((names) => names.includes(file));

test("every import is a file of the project, with its extension", () => {
  for (const file of files) {
    for (const name of importsOf(file)) assert.ok(files.includes(name), `${file} imports ${name}`);
  }
});

test("lib imports only lib", () => {
  for (const file of files.filter((path) => path.startsWith("lib/"))) {
    for (const name of importsOf(file)) assert.match(name, /^lib\//, `${file} imports ${name}`);
  }
});

test("own-data imports only lib and own-data", () => {
  const found = files.filter((path) => path.startsWith("own-data/"));
  assert.notEqual(found.length, 0);
  for (const file of found) {
    for (const name of importsOf(file)) assert.match(name, /^(lib|own-data)\//, `${file} imports ${name}`);
  }
});

test("a view imports only lib, own-data and the parts in its own folder", () => {
  for (const file of files.filter((path) => path.startsWith("views/"))) {
    const own = dirname(file) === "views" ? file.replace(/\.js$/, "/") : `${dirname(file)}/`;
    for (const name of importsOf(file)) {
      assert.ok(/^(lib|own-data)\//.test(name) || name.startsWith(own), `${file} imports ${name}`);
    }
  }
});

test("the other modules import only lib, own-data and floors below their own", () => {
  const top = files.filter((path) => !path.includes("/") && path !== "theme-boot.js");
  for (const file of top) {
    const floor = floorOf(file);
    assert.notEqual(floor, -1, `${file} has no floor`);
    for (const name of importsOf(file)) {
      if (/^(lib|own-data)\//.test(name)) continue;
      if (/^(views|wiring)\//.test(name)) assert.equal(file, "main.js", `${file} imports ${name}`);
      else assert.ok(floorOf(name) < floor, `${file} imports ${name}`);
    }
  }
});

test("a room of the wiring imports no other, and not the page as a whole", () => {
  for (const file of files.filter((path) => path.startsWith("wiring/"))) {
    for (const name of importsOf(file))
      assert.doesNotMatch(name, /^wiring\/|^main\.js$/, `${file} imports ${name}`);
  }
});

test("only the protocol, the format of saved networks and the encodings of tables know bytes", () => {
  const knowing = ["protocol.js", "lib/safetensors.js", "own-data/text-encoding.js"];
  for (const file of files) {
    const text = readFileSync(join(SOURCE, file), "utf8");
    const knows = /DataView|TextDecoder|BigUint64/.test(text);
    assert.equal(knows, knowing.includes(file), file);
  }
});
