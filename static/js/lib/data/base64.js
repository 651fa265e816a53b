/** Base64 of bytes. */

/** Bytes that are converted at a time, as a function has a limited number of arguments. */
const PIECE = 0x8000;

/**
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function encodeBase64(bytes) {
  let text = "";
  for (let start = 0; start < bytes.length; start += PIECE)
    text += String.fromCharCode(...bytes.subarray(start, start + PIECE));
  return btoa(text);
}
