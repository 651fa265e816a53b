/** The English texts of the page, for modules that speak. Importing it is enough. */

import { readFileSync } from "node:fs";
import { useLanguage } from "../../../static/js/lib/text/i18n.js";

/** @import { Text } from "../../../static/js/lib/text/i18n.js" */

const FORMS = ["zero", "one", "two", "few", "many", "other"];

/**
 * The texts of a language's file that the page's scripts use, as the server sends them.
 * @param {string} key
 */
export function readLanguage(key) {
  const file = JSON.parse(
    readFileSync(new URL(`../../../server/i18n/locales/${key}.json`, import.meta.url), "utf8"),
  );
  /** @type {Record<string, Text>} */
  const texts = {};
  /**
   * @param {Record<string, any>} group
   * @param {string} before
   */
  function flatten(group, before) {
    for (const [name, text] of Object.entries(group)) {
      const isText =
        typeof text === "string" ||
        ("other" in text && Object.keys(text).every((form) => FORMS.includes(form)));
      if (isText) texts[before + name] = text;
      else flatten(text, `${before}${name}.`);
    }
  }
  flatten(file.script, "");
  return { key, percent: file.numbers.percent, texts };
}

useLanguage(readLanguage("en"));
