/**
 * Links in the state in which mails, chats and browsers hand them on. Undone is what cannot have been meant: line breaks,
 * `&amp;` for `&`, `=3D` for `=` (quoted-printable), `%26` or `%23` for `&` and `#`, a link that is percent-encoded as a
 * whole. `engine/saved/link_repair.py` does the same.
 */

const AMPERSANDS = /&(?:(?:amp|#38|#x26);)+/gi;
const ENCODED_AMPERSAND = /%26(?:amp(?:;|%3B))*(?=[\w.]+=)/gi;
const BARE = /^[<"'`(]*[a-z][\w.]*(?:=|%3D)/i;
const QUOTED = /^(?:[^=]*=(?:3D|\r?\n))*[^=]*$/;
/** What a link does not end with: signs of mails and sentences around it, as they are and as browsers encode them. */
const CUT = "<>\"'`”’»)]}*.,;:!? \t";
const CUT_ENCODED = ["%3C", "%3E", "%22", "%60", "%20"];

/**
 * @typedef {object} Link
 * @property {string} fragment what stands behind `#`
 * @property {string} ending what was cut off from it
 */

/**
 * @param {string} text a whole address, what stands behind its `#`, or that with the `#`
 * @returns {Link | null} null if it has no `#`, and does not begin with `key=`
 */
export function parseLink(text) {
  const found = findFragment(inOneLine(text).replace(AMPERSANDS, "&"));
  if (found === null) return null;
  const plain = found.includes("=") ? found : unescapeText(found);
  const fragment = plain.replace(ENCODED_AMPERSAND, "&").replace(AMPERSANDS, "&");
  const end = endOf(fragment);
  return { fragment: fragment.slice(0, end), ending: fragment.slice(end).trim() };
}

/**
 * A fragment with an end that `parseLink` does not cut: an empty part behind what could be cut off.
 * @param {string} fragment
 * @returns {string}
 */
export function protectEnd(fragment) {
  return endOf(fragment) < fragment.length ? `${fragment}&` : fragment;
}

/**
 * Undoes percent-encoding; a text in which it is broken stays as it is.
 * @param {string} text
 * @returns {string}
 */
export function unescapeText(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @param {string} text */
function inOneLine(text) {
  const isQuoted = text.includes("=3D") && QUOTED.test(text);
  const plain = isQuoted ? text.replace(/=\r?\n/g, "").replaceAll("=3D", "=") : text;
  return plain
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .join("");
}

/** @param {string} text */
function findFragment(text) {
  const at = text.indexOf("#");
  if (at >= 0) return text.slice(at + 1);
  const encoded = text.indexOf("%23");
  const before = text.slice(0, Math.max(0, encoded));
  if (before.includes("/") && !before.includes("=")) return text.slice(encoded + 3);
  return BARE.test(text) ? text.replace(/^[<"'`(]+/, "") : null;
}

/** @param {string} fragment */
function endOf(fragment) {
  let end = fragment.length;
  while (end > 0) {
    if (CUT.includes(fragment.charAt(end - 1))) end -= 1;
    else if (CUT_ENCODED.includes(fragment.slice(Math.max(0, end - 3), end).toUpperCase())) end -= 3;
    else break;
  }
  return end;
}
