import "../../support/language.js";
import "../../support/text-decoder.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { DOS, SCRIPTS } from "../../../../static/js/own-data/encoding/encoding-scripts.js";
import { decodeText } from "../../../../static/js/own-data/encoding/text-encoding.js";

/** @param {string} hex */
const bytes = (hex) =>
  new Uint8Array((hex.match(/[0-9a-f]{2}/gi) ?? []).map((pair) => Number.parseInt(pair, 16)));

/**
 * @param {string} text
 * @param {string} encoding one that has a sign for every byte
 */
function encode(text, encoding) {
  const signs = Array.from({ length: 256 }, (_, byte) =>
    new TextDecoder(encoding).decode(Uint8Array.of(byte)),
  );
  return new Uint8Array([...text].map((sign) => signs.indexOf(sign)));
}

/** @param {string} text */
const wide = (text) =>
  new Uint8Array([...text].flatMap((sign) => [sign.charCodeAt(0) & 255, sign.charCodeAt(0) >> 8]));

const TABLE = "x1,x2,label\n1.5,2,K\u00e4tzchen\n3,4,K\u00fctzchen\n";

test("UTF-8 and whatever begins with a byte order mark are certain", () => {
  const utf8 = new TextEncoder().encode(TABLE);
  const little = wide(`\ufeff${TABLE}`);
  const big = new Uint8Array(little.map((_, index) => little[index ^ 1] ?? 0));
  for (const written of [utf8, new Uint8Array([0xef, 0xbb, 0xbf, ...utf8]), little, big])
    assert.deepEqual(decodeText(written), { text: TABLE, choice: null, problem: null });
});

test("UTF-16 without a byte order mark is known by its zeros, and asked", () => {
  const little = wide(TABLE);
  const big = new Uint8Array(little.map((_, index) => little[index ^ 1] ?? 0));
  for (const [written, encoding] of /** @type {const} */ ([
    [little, "utf-16le"],
    [big, "utf-16be"],
  ])) {
    const { text, choice } = decodeText(written);
    assert.equal(text, TABLE);
    assert.equal(choice?.value, encoding);
    assert.equal(choice?.asked, true);
  }
});

test("words of other encodings are guessed by what they look like, and asked", () => {
  /** @type {[string, string, string][]} encoding, bytes, what they mean */
  const characters = [
    ["gb18030", "baec2cc0b6", "\u7ea2,\u84dd"],
    ["gb18030", "c1bcd0d42cb6f1d0d4", "\u826f\u6027,\u6076\u6027"],
    ["big5", "a87da9ca2cb463a9ca", "\u826f\u6027,\u60e1\u6027"],
    ["big5", "a86ba9ca2ca46ba9ca", "\u7537\u6027,\u5973\u6027"],
    ["shift_jis", "97c790ab2c88ab90ab", "\u826f\u6027,\u60aa\u6027"],
    ["shift_jis", "82e882f182b22c82dd82a982f1", "\u308a\u3093\u3054,\u307f\u304b\u3093"],
    ["euc-jp", "a4eaa4f3a4b42ca4dfa4aba4f3", "\u308a\u3093\u3054,\u307f\u304b\u3093"],
    ["euc-kr", "bba1b0ad2cc6c4b6fb", "\ube68\uac15,\ud30c\ub791"],
  ];
  for (const [encoding, hex, text] of characters) {
    const decoded = decodeText(bytes(`782c792c${hex}0a`));
    assert.equal(decoded.text, `x,y,${text}\n`, encoding);
    assert.equal(decoded.choice?.value, encoding);
    assert.equal(decoded.choice?.asked, true);
  }
  /** @type {[string, string][]} */
  const letters = [
    ["windows-1252", "K\u00e4tzchen,K\u00fctzchen"],
    ["windows-1252", "\u00e9t\u00e9,p\u00eache"],
    ["windows-1250", "\u010derven\u00e1,t\u0159\u00edda"],
    ["windows-1250", "\u0142\u00f3d\u017a,g\u0119\u015b"],
    ["windows-1251", "\u043a\u0440\u0430\u0441\u043d\u044b\u0439,\u0441\u0438\u043d\u0438\u0439"],
    ["koi8-r", "\u043a\u0440\u0430\u0441\u043d\u044b\u0439,\u0441\u0438\u043d\u0438\u0439"],
    ["ibm866", "\u043a\u043e\u0448\u043a\u0430,\u0441\u043e\u0431\u0430\u043a\u0430"],
    ["windows-1253", "\u03ba\u03cc\u03ba\u03ba\u03b9\u03bd\u03bf,\u03bc\u03c0\u03bb\u03b5"],
    ["windows-1254", "k\u0131rm\u0131z\u0131,ye\u015fil"],
    ["macintosh", "K\u00e4tzchen,K\u00fctzchen"],
  ];
  for (const [encoding, text] of letters) {
    const decoded = decodeText(encode(`x,y,${text}\n`, encoding));
    assert.equal(decoded.text, `x,y,${text}\n`, encoding);
    assert.equal(decoded.choice?.value, encoding);
    assert.equal(decoded.choice?.asked, true);
  }
});

test("words of DOS are read by its own tables", () => {
  for (const [encoding, signs] of DOS) {
    assert.equal(new Set(signs).size, 128, encoding);
    const { text, choice } = decodeText(new Uint8Array([0x4b, 0x84, 0x74, 0x2c, 0x81, 0x2c, 0x84]), {
      encoding,
    });
    assert.equal(choice?.value, encoding);
    assert.equal(text, `K${signs[4]}t,${signs[1]},${signs[4]}`);
  }
});

test("every encoding that can be chosen has a name, and the guess is among them", () => {
  const encodings = new Set(SCRIPTS.flatMap((script) => script.encodings));
  const { choice } = decodeText(bytes("61e9620a"));
  const options = choice?.options ?? [];

  assert.ok(options.length > 10);
  for (const { value, label, sample } of options) {
    assert.ok(encodings.has(value), value);
    assert.notEqual(label, "");
    assert.match(sample, /^a[^b]/, value);
  }
});

test("an encoding in which the bytes have no meaning cannot be chosen", () => {
  const { choice } = decodeText(bytes("61e90a62ff0a"));
  const values = choice?.options.map(({ value }) => value);

  assert.ok(values?.includes("windows-1252"));
  for (const encoding of ["gb18030", "big5", "shift_jis", "euc-jp", "euc-kr"])
    assert.ok(!values?.includes(encoding));
});

test("an encoding that was chosen is used, if it is possible", () => {
  const written = encode("x,y,\u043a\u043e\u0442\n", "windows-1251");

  assert.equal(decodeText(written, { encoding: "koi8-r" }).choice?.value, "koi8-r");
  assert.equal(decodeText(written, { encoding: "utf-16le" }).choice?.value, "windows-1251");
});

test("languages of the browser decide between guesses that are as good", () => {
  const written = bytes("bfad2cb4cd0a");

  assert.equal(decodeText(written, { languages: ["ja", "en"] }).choice?.value, "euc-jp");
  assert.equal(decodeText(written, { languages: ["zh-CN"] }).choice?.value, "gb18030");
  assert.equal(decodeText(written, { languages: ["zh-Hant-TW"] }).choice?.value, "big5");
  assert.equal(decodeText(written, { languages: ["ko-KR"] }).choice?.value, "euc-kr");
});

test("a damaged UTF-8 text is read as what it is, and asked", () => {
  const written = new Uint8Array([...new TextEncoder().encode(TABLE), 0xc3]);
  const { text, choice } = decodeText(written);

  assert.equal(text, `${TABLE}\ufffd`);
  assert.equal(choice?.value, "utf-8");
  assert.equal(choice?.asked, true);
});

test("files that are no text are refused by what they are", () => {
  /** @param {string} name */
  const zip = (name) =>
    new Uint8Array([...bytes("504b0304"), ...new TextEncoder().encode(`................${name}`)]);
  /** @type {[Uint8Array, RegExp][]} */
  const files = [
    [zip("xl/workbook.xml"), /workbook of Excel.*CSV/],
    [zip("mimetypeapplication/vnd.oasis.opendocument.spreadsheet"), /LibreOffice.*CSV/],
    [zip("Index/Document.iwa"), /Numbers.*CSV/],
    [zip("iris.csv"), /archive/],
    [zip("arr_0.npy"), /CSV/],
    [bytes("d0cf11e0a1b11ae1"), /old Excel.*CSV/],
    [bytes("255044462d312e37"), /PDF/],
    [bytes("1f8b0800"), /compressed/],
    [bytes("50415231"), /CSV/],
    [bytes("89504e470d0a1a0a0000000d"), /not a text file/],
    [new Uint8Array(1000).map((_, index) => (index * 7919) % 251), /not a text file/],
  ];
  for (const [file, said] of files) {
    const { text, problem } = decodeText(file);
    assert.equal(text, null);
    assert.match(problem ?? "", said);
  }
});

test("a large file in another encoding is read in seconds", () => {
  const line = encode("1.5,2.5,K\u00e4tzchen\n0.5,1.25,K\u00fctzchen\n", "windows-1252");
  const large = new Uint8Array(line.length * 25_000);
  for (let at = 0; at < large.length; at += line.length) large.set(line, at);
  const strange = new Uint8Array(1_000_000).map((_, index) => 0xa1 + ((index * 31) % 90));
  for (const written of [large, strange]) {
    const start = performance.now();
    assert.equal(decodeText(written).choice?.asked, true);
    assert.ok(performance.now() - start < 10_000);
  }
});
