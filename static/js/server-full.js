/** The page that says that the server is full: tries again by itself, and lets a tab through that has a place already. */

import { find } from "./lib/dom/dom.js";
import { hasRecord } from "./net/tab-record.js";

const { retryAfter } = find(document, "#full", HTMLElement).dataset;

if (hasRecord(() => sessionStorage)) location.replace(`./?return${location.hash}`);
else setTimeout(() => location.reload(), Number(retryAfter) * 1000);
