/** Bytes of a file to text: by byte order mark, as UTF-8, or by a guess that is said and can be changed. */

/** @import { Choice } from "./table-reader.js" */

/**
 * @param {Uint8Array} bytes
 * @param {{ encoding?: string, languages?: readonly string[] }} [options]
 * @returns {{ text: string, choice: Choice | null, problem: null } | { text: null, choice: null, problem: string }}
 */
export function decodeText(bytes, { encoding } = {}) {
  const utf8 = tryDecode(bytes, "utf-8");
  if (utf8 !== null) return { text: utf8, choice: null, problem: null };
  const options = ["gb18030", "windows-1252", "windows-1251", "shift_jis"].flatMap((name) => {
    const text = tryDecode(bytes, name);
    return text === null ? [] : [{ value: name, label: name, sample: text.slice(0, 20) }];
  });
  const value = encoding ?? options[0]?.value ?? "windows-1252";
  return {
    text: tryDecode(bytes, value) ?? "",
    choice: { aspect: "encoding", value, asked: true, reason: "", options },
    problem: null,
  };
}

/**
 * @param {Uint8Array} bytes
 * @param {string} encoding
 */
function tryDecode(bytes, encoding) {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
