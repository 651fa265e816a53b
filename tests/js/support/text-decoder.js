/**
 * Makes Node.js decode windows-1252 as browsers do. Several versions of it take the bytes from 80 to 9F for those of Latin-1
 * (nodejs/node#56542).
 */

const Native = globalThis.TextDecoder;
/** The signs of these bytes, by the Encoding Standard. */
const SIGNS =
  "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f" +
  "\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178";

globalThis.TextDecoder = class extends Native {
  /**
   * @param {AllowSharedBufferSource} [bytes]
   * @param {TextDecodeOptions} [options]
   * @override
   */
  decode(bytes, options) {
    const text = super.decode(bytes, options);
    if (this.encoding !== "windows-1252") return text;
    return text.replace(/[\u0080-\u009f]/g, (sign) => SIGNS[sign.charCodeAt(0) - 0x80] ?? sign);
  }
};
