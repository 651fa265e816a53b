/** The page "server is full": tries again, and opens the playground at once if this tab has a session. */

import { find } from "./lib/dom/dom.js";
import { hasRecord } from "./net/tab-record.js";

const { retryAfter } = find(document, "#full", HTMLElement).dataset;

if (hasRecord(() => sessionStorage)) location.replace(`./?return${location.hash}`);
else setTimeout(() => location.reload(), Number(retryAfter) * 1000);
