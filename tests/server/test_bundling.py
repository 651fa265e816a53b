"""Modules joined into one script run as they would by themselves."""

import subprocess

import pytest

from scripts.find_node import find_node
from server.bundling import join_modules, join_sheets

FILES = {
    "js/main.js": """/** Begins. */
import { Late, early as first } from "./a.js";
import { early } from "./lib/b.js";
// Waits.
console.log(first(1), early(2), new Late().name, await Promise.resolve("waited"));
""",
    "js/a.js": """import { early as inner } from "./lib/b.js";

/**
 * Adds.
 * @param {number} value
 */
export function early(value) {
  return inner(value) + LIMIT; /** @type {number} */
}

const LIMIT = 10;

export class Late {
  name = `late // no comment`;
}
""",
    "js/lib/b.js": """const LIMIT = 100;

export const early = (value) => value + LIMIT;

export async function unused() {}
""",
}


def test_each_module_keeps_its_names_to_itself() -> None:
    joined = join_modules(FILES, "js/main.js")

    node = find_node()
    if node is None:
        pytest.skip("no Node.js")
    printed = subprocess.run(
        [node, "--input-type=module"], input=joined, capture_output=True, text=True, check=True, timeout=60
    )
    assert printed.stdout == "111 102 late // no comment waited\n"
    assert "Adds." not in joined
    assert "Waits." not in joined


@pytest.mark.parametrize(
    "line",
    [
        "export default 1;",
        'export { early } from "./lib/b.js";',
        'import * as b from "./lib/b.js";',
        "export let free = 1;",
    ],
)
def test_what_cannot_be_joined_is_refused(line: str) -> None:
    files = FILES | {"js/lib/b.js": FILES["js/lib/b.js"] + line + "\n"}

    with pytest.raises(ValueError, match=r"js/lib/b\.js cannot be joined: (import|export)"):
        join_modules(files, "js/main.js")


def test_modules_that_need_each_other_are_refused() -> None:
    files = FILES | {"js/lib/b.js": 'import { Late } from "../a.js";\n' + FILES["js/lib/b.js"]}

    with pytest.raises(ValueError, match="needs itself"):
        join_modules(files, "js/main.js")


def test_sheets_stand_where_they_are_imported() -> None:
    files = {
        "css/page.css": '@import "one.css";\n@import "deep/two.css";\n',
        "css/one.css": "a {}",
        "css/deep/two.css": "b {}",
    }

    assert join_sheets(files, "css/page.css") == "a {}\nb {}\n"
