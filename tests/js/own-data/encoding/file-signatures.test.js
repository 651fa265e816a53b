import assert from "node:assert/strict";
import { test } from "node:test";
import { kindOfFile } from "../../../../static/js/own-data/encoding/file-signatures.js";

/** @param {(number | string)[]} parts */
const file = (...parts) =>
  Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === "number" ? [part] : [...part].map((sign) => sign.charCodeAt(0)),
    ),
  );

test("binary files are recognized by their first bytes", () => {
  assert.equal(kindOfFile(file("%PDF-1.7")), "file.pdf");
  assert.equal(kindOfFile(file(0x1f, 0x8b, 8)), "file.compressed");
  assert.equal(kindOfFile(file("PK", 3, 4, "anything")), "file.archive");
});

test("the names in an archive say what it is", () => {
  assert.equal(kindOfFile(file("PK", 3, 4, "[Content_Types].xml xl/workbook.xml")), "file.workbook");
  assert.equal(kindOfFile(file("PK", 3, 4, "word/document.xml")), "file.document");
});

test("texts are no binary files", () => {
  for (const text of ["", "x1,x2,label\n", "PK"]) assert.equal(kindOfFile(file(text)), null);
});
