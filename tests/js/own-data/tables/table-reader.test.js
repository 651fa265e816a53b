import "../../support/language.js";
import assert from "node:assert/strict";
import { cpuUsage } from "node:process";
import { test } from "node:test";
import { toPoints } from "../../../../static/js/own-data/point-scaling.js";
import { writeCsv } from "../../../../static/js/own-data/tables/csv.js";
import { readTable, toRows } from "../../../../static/js/own-data/tables/table-reader.js";
import { asked, choiceOf, classesOf, fixture, lines, tableOf } from "../../support/tables.js";

/** @import { Aspect } from "../../../../static/js/own-data/tables/table-reader.js" */

/**
 * The tables of other programs, how each is read, and what is asked.
 * @type {[string, string, string[], number[], Record<string, number>, Aspect[]][]}
 */
const TABLES = [
  ["R's write.table", "r-write-table.txt", ["x1", "x2", "label"], [-2.9251, 2.7795], { down: 9, up: 3 }, []],
  [
    "a printed pandas frame",
    "pandas-print.txt",
    ["x1", "x2", "label"],
    [-2.925086, 2.77947],
    { 0: 9, 1: 3 },
    [],
  ],
  [
    "names behind an id",
    "id-x1-x2-species.csv",
    ["x1", "x2", "species"],
    [-2.9251, 2.7795],
    { A: 9, B: 3 },
    [],
  ],
  [
    "an index of pandas, unknown names",
    "pandas-index.csv",
    ["height", "weight", "sex"],
    [-2.9251, 2.7795],
    { 0: 9, 1: 3 },
    ["x1", "x2", "target"],
  ],
  [
    "an index of pandas",
    "pandas-index-known.csv",
    ["x1", "x2", "label"],
    [-2.9251, 2.7795],
    { 0: 9, 1: 3 },
    [],
  ],
  ["the target first", "target-first.csv", ["x1", "x2", "y"], [-2.9251, 2.7795], { 0: 9, 1: 3 }, []],
  [
    "words first",
    "target-first-words.csv",
    ["radius", "texture", "diagnosis"],
    [-2.9251, 2.7795],
    { B: 9, M: 3 },
    ["x1", "x2"],
  ],
  [
    "four measurements",
    "iris-like.csv",
    ["sepal.length", "sepal.width", "variety"],
    [4, 3.7],
    { Virginica: 9, Setosa: 3 },
    ["x1", "x2"],
  ],
  [
    "decimal commas in quotation marks",
    "sheets-de.csv",
    ["x1", "x2", "label"],
    [-2.925, 2.779],
    { 0: 9, 1: 3 },
    [],
  ],
  [
    "thousands in quotation marks",
    "thousands.csv",
    ["x1", "x2", "label"],
    [-2925.1, 2779.5],
    { 0: 9, 1: 3 },
    [],
  ],
  ["whole thousands", "thousands-int.tsv", ["x1", "x2", "label"], [-2925, 2779], { 0: 9, 1: 3 }, ["decimal"]],
  ["Excel's sep= before the target", "sep.csv", ["x1", "x2", "label"], [-2.925, 2.779], { 0: 9, 1: 3 }, []],
  ["Excel's sep=", "sep2.csv", ["x1", "x2", "label"], [-2.925, 2.779], { 0: 9, 1: 3 }, []],
];

for (const [name, file, columns, first, classes, questions] of TABLES) {
  test(`${name} is read as it was meant: ${file}`, () => {
    const table = fixture(file);

    assert.deepEqual(table.columns, columns);
    assert.deepEqual(table.rows[0]?.slice(0, 2), first);
    assert.deepEqual(classesOf(table), classes);
    assert.equal(table.leftOutCount, 0);
    assert.equal(table.kind, "classes");
    assert.deepEqual(asked(table), questions);
    assert.equal(table.encoding, null);
  });
}

test("a table in another encoding has the classes that it says, and the encoding is asked", () => {
  /** @type {[string, string, Record<string, number>][]} */
  const files = [
    ["gbk.csv", "gb18030", { \u84dd: 9, \u7ea2: 3 }],
    ["cp1252.csv", "windows-1252", { K\u00fctzchen: 9, K\u00e4tzchen: 3 }],
  ];
  for (const [file, encoding, classes] of files) {
    const table = fixture(file);

    assert.deepEqual(classesOf(table), classes);
    assert.equal(table.encoding?.value, encoding);
    assert.equal(table.encoding?.asked, true);
  }
});

test("rows without a label are left out and listed", () => {
  const table = fixture("nan-label.csv");

  assert.deepEqual(classesOf(table), { "0.0": 7, "1.0": 3 });
  assert.deepEqual(
    table.leftOut.map(({ line }) => line),
    [2, 12],
  );
  assert.equal(table.leftOutCount, 2);
  assert.deepEqual(asked(table), []);
});

test("a table with one possible reading raises no question", () => {
  const numbers = ["1.5,2.25,0", "-3.125,0.5,1", "0.25,-1.75,1"];
  const names = ["x1,x2,label", "X1,X2,Class", "x,y,target", "x_1,x_2,species", "feature_1,feature_2,y"];
  for (const header of names) assert.deepEqual(asked(tableOf(lines(header, ...numbers))), [], header);
  for (const separator of ["\t", ";", "|", " "]) {
    const text = lines("x1,x2,label", ...numbers).replaceAll(",", separator);
    assert.deepEqual(asked(tableOf(text)), [], separator);
  }
});

test("columns that are not used are said", () => {
  assert.match(fixture("id-x1-x2-species.csv").note, /\bid\b/);
  assert.match(fixture("iris-like.csv").note, /petal\.length.*petal\.width/);
  assert.equal(fixture("sep.csv").note, "");
});

test("another column, separator, format or header can be wished for", () => {
  assert.deepEqual(fixture("iris-like.csv", { x1: "2", x2: "3" }).rows[0], [1.5, 1.6, "Virginica"]);
  assert.deepEqual(fixture("thousands-int.tsv", { decimal: "comma" }).rows[0]?.slice(0, 2), [-2.925, 2.779]);
  assert.equal(fixture("target-first.csv", { header: "no" }).leftOutCount, 1);
  const text = lines("x1,x2,label", "1.5,2.5,a;b", "0.5,3.5,c;d", "2.5,1.5,a;b");
  assert.match(readTable(text, { separator: ";" }).problem ?? "", /2 columns/);
});

test("a wish that the table does not have is passed over", () => {
  const plain = tableOf("x1,x2,label\n1.5,2,a\n3,4,b");
  const wishes = { separator: ";", decimal: "comma", x1: "9", x2: "2", target: "-1", missing: "class" };

  assert.deepEqual(tableOf("x1,x2,label\n1.5,2,a\n3,4,b", wishes).rows, plain.rows);
});

test("what cannot be read comes with the choices that may mend it", () => {
  const text = lines("x1;x2;label", "1;2;a", "3;4;b");
  const refused = readTable(text, { separator: ";" });
  assert.notEqual(refused.table, null);
  const words = readTable(lines("a,b,c d", "e,f,g h"));

  assert.equal(words.table, null);
  assert.equal(choiceOf({ choices: words.table ? [] : words.choices }, "separator").value, ",");
  const many = readTable(
    lines("x1,x2,label", ..."abcdefg".split("").map((word, index) => `${index}.5,0,${word}`)),
  );
  assert.match(many.problem ?? "", /more than 6 different labels/);
  assert.equal(choiceOf({ choices: many.table ? [] : many.choices }, "target").value, "2");
});

test("nothing, too few columns, no numbers and a lonely header are told in a sentence", () => {
  assert.match(readTable("\n \n").problem ?? "", /nothing in it/);
  assert.match(readTable("1,2\n3,4").problem ?? "", /Line 1 has 2 columns: three are needed/);
  assert.match(readTable("x1,x2,label\n").problem ?? "", /no row of numbers/);
  assert.match(readTable("name,note,x\na,b,1\nc,d,2").problem ?? "", /1 column of numbers/);
});

test("at most ten lines that are left out are listed, all are counted", () => {
  const bad = Array.from({ length: 12 }, (_, index) => `${index}.5,abc,a`);
  const good = Array.from({ length: 20 }, (_, index) => `${index}.5,2,b`);
  const { leftOut, leftOutCount, rows } = tableOf(
    lines("x1,x2,label", "1,2,a", "3,4", "5,,b", "1e999,0,b", ...bad, ...good),
  );

  assert.equal(rows.length, 21);
  assert.equal(leftOutCount, 15);
  assert.equal(leftOut.length, 10);
  assert.deepEqual(leftOut.slice(0, 4), [
    { line: 3, message: "2 cells instead of 3" },
    { line: 4, message: "column x2 is empty" },
    { line: 5, message: "\u20181e999\u2019 is too large a number in column x1" },
    { line: 6, message: "\u2018abc\u2019 is not a number in column x2" },
  ]);
});

test("the time that a table takes grows with its length, whatever it is like", () => {
  const row = (/** @type {number} */ index) =>
    `${Math.sin(index) * 4},${Math.cos(index * 1.7) * 4},${index % 3}`;
  const plain = Array.from({ length: 25_000 }, (_, index) => row(index)).join("\n");
  const texts = [
    `x1,x2,label\n${plain}`,
    `x1;x2;label\n${plain.replaceAll(",", ";").replaceAll(".", ",")}`,
    plain.replace(/[^,\n]+/g, '"$&"'),
    "1,2,3,4,5,6,7,8,9,0,".repeat(50_000),
    '"'.repeat(1_000_000),
    "a\n".repeat(500_000),
    "1.5 ".repeat(250_000),
  ];
  for (const text of texts) {
    const before = cpuUsage();
    readTable(text);
    const { user, system } = cpuUsage(before);
    // About a quarter of a second; where it grew with the square, minutes.
    assert.ok((user + system) / 1e6 < 5, `${text.slice(0, 30)}: ${(user + system) / 1e6} s`);
  }
});

test("what is exported comes back the same", () => {
  for (const kind of /** @type {const} */ (["classes", "values"])) {
    const set = /** @type {import("../../../../static/js/own-data/point-set.js").PointSet} */ ({
      kind,
      points: [
        [1.25, -2, 0, 1],
        [0, 3, 1, -0.5],
        [0.5, 5.5, kind === "classes" ? 4 : 0, kind === "classes" ? -1 : 0.25],
      ],
    });
    const table = tableOf(writeCsv(toRows(set)));

    assert.equal(table.kind, kind);
    assert.deepEqual(asked(table), []);
    const { points } = toPoints(table, { kind, fit: false, fitValues: false, pick: "first" });
    const column = kind === "classes" ? 2 : 3;
    assert.deepEqual(
      points.map((point) => [point[0], point[1], point[column]]),
      set.points.map((point) => [point[0], point[1], point[column]]),
    );
  }
});
