/** Who may import whom: one rule for each folder, from the ground up. Only `app` and `main.js` bring all together. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const SOURCE = fileURLToPath(new URL("../../static/js", import.meta.url));

/**
 * The folders that each folder may import besides itself.
 * @type {Record<string, string[]>}
 */
const MAY_IMPORT = {
  lib: [],
  "own-data": ["lib"],
  model: ["lib", "own-data"],
  net: ["lib", "own-data", "model"],
  text: ["lib", "own-data", "model"],
  io: ["lib", "own-data", "model", "net", "text"],
  views: ["lib", "own-data"],
  app: ["lib", "own-data", "model", "net", "text", "io", "views"],
};

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

/** @param {string} path */
const folderOf = (path) => (path.includes("/") ? String(path.split("/")[0]) : "");

test("every import is a file of the project, with its extension", () => {
  for (const file of files) {
    for (const name of importsOf(file)) assert.ok(files.includes(name), `${file} imports ${name}`);
  }
});

test("every folder has a rule and keeps it; nothing imports an entry point", () => {
  for (const file of files.filter((path) => path.includes("/"))) {
    const folder = folderOf(file);
    const allowed = [folder, ...(MAY_IMPORT[folder] ?? assert.fail(`there is no rule for ${folder}`))];
    for (const name of importsOf(file))
      assert.ok(allowed.includes(folderOf(name)), `${file} imports ${name}`);
  }
});

test("no modules import each other in a circle", () => {
  /** @type {Map<string, boolean>} whether a module is finished */
  const seen = new Map();
  const visit = (/** @type {string} */ file, /** @type {string[]} */ path) => {
    assert.notEqual(seen.get(file), false, [...path, file].join(" → "));
    if (seen.get(file)) return;
    seen.set(file, false);
    for (const name of importsOf(file)) visit(name, [...path, file]);
    seen.set(file, true);
  };
  for (const file of files) visit(file, []);
});

test("a view imports no view of another folder", () => {
  for (const file of files.filter((path) => path.startsWith("views/"))) {
    for (const name of importsOf(file).filter((each) => each.startsWith("views/")))
      assert.equal(dirname(name), dirname(file), `${file} imports ${name}`);
  }
});

test("a module of app that brings a part of the page together imports no other such module", () => {
  const parts = [
    "commands",
    "connection-upkeep",
    "join",
    "help",
    "own-data",
    "panels/visuals",
    "action-bindings",
    "settings",
  ];
  const paths = [...parts, "share-and-export"].map((name) => `app/${name}.js`);
  for (const file of paths) {
    for (const name of importsOf(file)) assert.ok(!paths.includes(name), `${file} imports ${name}`);
  }
});

test("no folder has more than about a dozen modules", () => {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const file of files) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
  for (const [folder, count] of counts) assert.ok(count <= 12, `${folder} has ${count}`);
});

test("only the protocol, the format of saved networks and the encodings of tables know bytes", () => {
  const knowing = ["net/protocol.js", "lib/data/safetensors.js", "own-data/encoding/text-encoding.js"];
  for (const file of files) {
    const text = readFileSync(join(SOURCE, file), "utf8");
    const knows = /DataView|TextDecoder|BigUint64/.test(text);
    assert.equal(knows, knowing.includes(file), file);
  }
});
