/** Recognizes binary files by their first bytes. */

/** The first bytes of files, and the key of the sentence about each. */
const SIGNATURES = /** @type {const} */ ([
  [[0x50, 0x4b, 0x03, 0x04], "file.archive"],
  [[0xd0, 0xcf, 0x11, 0xe0], "file.old-workbook"],
  [[0x25, 0x50, 0x44, 0x46], "file.pdf"],
  [[0x1f, 0x8b], "file.compressed"],
  [[0x42, 0x5a, 0x68], "file.compressed"],
  [[0xfd, 0x37, 0x7a, 0x58], "file.compressed"],
  [[0x28, 0xb5, 0x2f, 0xfd], "file.compressed"],
  [[0x50, 0x41, 0x52, 0x31], "file.data"],
  [[0x41, 0x52, 0x52, 0x4f, 0x57, 0x31], "file.data"],
  [[0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59], "file.data"],
  [[0x89, 0x48, 0x44, 0x46], "file.data"],
  [[0x53, 0x51, 0x4c, 0x69, 0x74, 0x65], "file.data"],
  [[0x7b, 0x5c, 0x72, 0x74, 0x66], "file.document"],
]);

/** Names in an archive, and the key of the sentence about such a file. */
const CONTENTS = /** @type {const} */ ([
  ["xl/", "file.workbook"],
  ["opendocument.spreadsheet", "file.open-workbook"],
  ["Index/", "file.numbers"],
  [".npy", "file.data"],
  ["word/", "file.document"],
  ["opendocument.text", "file.document"],
]);

/** Number of bytes in which names of an archive are searched. */
const LOOKED_AT = 4096;

/**
 * @param {Uint8Array} bytes
 * @returns {string | null} the key of a sentence that says what the file is and what to do; null if it may be a text
 */
export function kindOfFile(bytes) {
  const found = SIGNATURES.find(([signature]) => signature.every((byte, index) => bytes[index] === byte));
  if (found?.[1] !== "file.archive") return found?.[1] ?? null;
  const names = String.fromCharCode(...bytes.subarray(0, LOOKED_AT));
  return CONTENTS.find(([name]) => names.includes(name))?.[1] ?? "file.archive";
}
