/** The REST interface with answers of a test, and the page that asks. */

import { createApi } from "../../../static/js/net/api.js";

export const PAGE = "https://host/play/#data.seed=1";

/** @param {(url: URL, body: any) => [status: number, content: unknown]} answer */
export function apiThat(answer) {
  return createApi(PAGE, async (url, request) => {
    const [status, content] = answer(/** @type {URL} */ (url), JSON.parse(String(request?.body)));
    return new Response(typeof content === "string" ? content : JSON.stringify(content), { status });
  });
}
