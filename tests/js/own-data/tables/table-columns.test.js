import "../../support/language.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { asked, choiceOf, classesOf, lines, tableOf } from "../../support/tables.js";

/** @import { Aspect, Wishes } from "../../../../static/js/own-data/tables/table-reader.js" */

/** Five columns: two of fractions, one that counts, one of a few whole numbers, one of words. */
const CELLS = [
  { f: "1.5", g: "-2.25", n: "1", c: "0", w: "a" },
  { f: "0.5", g: "3.25", n: "2", c: "1", w: "b" },
  { f: "2.5", g: "0.75", n: "3", c: "1", w: "a" },
  { f: "-1.5", g: "1.25", n: "4", c: "0", w: "b" },
];

/**
 * A table of some of these columns.
 * @param {string} header
 * @param {string} columns by their letters
 * @param {Wishes} [wishes]
 */
function read(header, columns, wishes) {
  const rows = CELLS.map((cells) => [...columns].map((key) => cells[/** @type {"f"} */ (key)]).join(","));
  return tableOf(lines(...(header === "" ? [] : [header]), ...rows), wishes);
}

/**
 * @param {ReturnType<typeof read>} table
 * @returns {string} the numbers of the columns x1, x2 and target
 */
const chosen = (table) =>
  /** @type {Aspect[]} */ (["x1", "x2", "target"])
    .map((part) => table.choices.find(({ aspect }) => aspect === part)?.value ?? "")
    .join("");

test("names say which column is which, in any order", () => {
  /** @type {[string, string, string][]} header, columns, what is chosen */
  const tables = [
    ["x1,x2,label", "fgw", "01"],
    ["label,x2,x1", "wfg", "21"],
    ["y,x1,x2", "cfg", "120"],
    ["x1,y,x2", "fcg", "021"],
    ["x,y,label", "fgc", "012"],
    ["x,y,z", "fgc", "012"],
    ["species,x_2,x_1", "wfg", "21"],
    ["X1,X2,Target", "fgc", "012"],
    ["x[1],x[2],class", "fgc", "012"],
    ["x0,x1,y", "fgc", "012"],
    ["feature_1,feature_2,outcome", "fgc", "012"],
    ["\u7279\u5f811,\u7279\u5f812,\u6807\u7b7e", "fgc", "012"],
    ["id,x1,x2,label", "nfgc", "123"],
    ["x1,x2,x3,label", "fgfc", "013"],
    ["x1,x2,outlier", "fgc", "012"],
    ["n,x1,x2,anything", "nfgc", "123"],
  ];
  for (const [header, columns, expected] of tables) {
    const table = read(header, columns);
    assert.ok(chosen(table).startsWith(expected), `${header}: ${chosen(table)}`);
    assert.deepEqual(asked(table), [], header);
  }
});

test("whatever the names do not settle is asked", () => {
  /** @type {[string, string, Aspect[]][]} */
  const tables = [
    ["height,weight,sex", "fgw", ["x1", "x2", "target"]],
    ["height,weight,label", "fgw", ["x1", "x2"]],
    ["x,y,height", "fgc", ["target"]],
    ["x1,x2,a,b", "fgcw", ["target"]],
    ["x1,x2,label,class", "fgcw", ["target"]],
    ["x1,x1,x2,label", "fggw", ["x1", "x2"]],
    ["x0,x1,x2,label", "fggw", ["x1", "x2"]],
    ["", "fgw", ["x1", "x2", "target"]],
  ];
  for (const [header, columns, expected] of tables)
    assert.deepEqual(asked(read(header, columns)), expected, header);
});

test("without names, words are the target, else a few whole numbers, else the last column", () => {
  assert.match(chosen(read("a,b,c,d", "wfgc")), /^120/);
  assert.match(chosen(read("a,b,c", "cfg")), /^120/);
  assert.match(chosen(read("a,b,c", "fgf")), /^012/);
});

test("an index is no coordinate and no target, unless it is chosen", () => {
  for (const header of ["", "a,b,c,d", "id,b,c,d", ",b,c,d", "Unnamed: 0,b,c,d", "no.,b,c,d"]) {
    assert.match(chosen(read(header, "nfgw")), /^123/, header);
    assert.equal(read(header, "nfgw", { x1: "0" }).rows[1]?.[0], 2, header);
  }
  assert.match(chosen(read("a,b,c,d", "fgnc")), /^013/);
  assert.match(chosen(read("id,b,c,d", "cfgw")), /^123/);
});

test("where nothing else is left, an index is a coordinate, and it is asked", () => {
  const table = read("a,b,c", "nfw");

  assert.match(chosen(table), /^01/);
  assert.deepEqual(asked(table), ["x1", "x2", "target"]);
});

test("columns of words cannot be coordinates, and those of too many words cannot be targets", () => {
  const rows = Array.from(
    { length: 8 },
    (_, index) => `${index / 4},name ${index},${index % 2},${index / 2}`,
  );
  const table = tableOf(lines("a,b,c,d", ...rows));

  for (const part of /** @type {Aspect[]} */ (["x1", "x2", "target"]))
    assert.deepEqual(
      choiceOf(table, part).options.map(({ value }) => value),
      ["0", "2", "3"],
    );
});

test("a column of nothing but signs of missing values can be chosen as the target, but is not guessed to be it", () => {
  const rows = ["0.5,1.5,None,2.5", "1.5,0.5,None,3.5", "2.5,2.5,None,0.5"];
  const table = tableOf(lines("height,weight,a,b", ...rows));

  assert.notEqual(choiceOf(table, "target").value, "2");
  assert.ok(choiceOf(table, "target").options.some(({ value }) => value === "2"));
  const chosen = tableOf(lines("height,weight,a,b", ...rows), { target: "2" });
  assert.deepEqual(classesOf(chosen), { None: 3 });
});

test("an option shows the name and the first values", () => {
  const [option] = choiceOf(read("height,weight,sex", "fgw"), "x1").options;

  assert.deepEqual(option, { value: "0", label: "height", sample: "1.5; 0.5; 2.5" });
});

test("a column that is chosen for one part leaves the others", () => {
  const table = read("a,b,c,d", "fgcw", { target: "0" });

  assert.equal(new Set(chosen(table)).size, 3);
  assert.equal(chosen(read("x1,x2,label", "fgc", { x1: "1" }))[0], "1");
  assert.equal(new Set(chosen(read("x1,x2,label", "fgc", { x1: "1" }))).size, 3);
});
