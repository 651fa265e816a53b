"""Modules joined into one script run as they would by themselves."""

import subprocess
from pathlib import Path

import pytest

from scripts.find_node import find_node
from server.web.assets.bundler import join_modules, join_sheets

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


def _printed(scripts: dict[str, str], folder: Path) -> str:
    """Run the first of the scripts and return what it prints."""
    node = find_node()
    if node is None:
        pytest.skip("no Node.js")
    folder.mkdir(exist_ok=True)
    (folder / "package.json").write_text('{"type": "module"}')
    for path, text in scripts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    command = [node, str(folder / next(iter(scripts)))]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def test_each_module_keeps_its_names_to_itself(tmp_path: Path) -> None:
    joined = join_modules(FILES, "js/main.js", "js/page.js")["js/page.js"]

    assert _printed({"js/page.mjs": joined}, tmp_path) == "111 102 late // no comment waited\n"
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
        join_modules(files, "js/main.js", "js/page.js")


def test_modules_that_need_each_other_are_refused() -> None:
    files = FILES | {"js/lib/b.js": 'import { Late } from "../a.js";\n' + FILES["js/lib/b.js"]}

    with pytest.raises(ValueError, match="needs itself"):
        join_modules(files, "js/main.js", "js/page.js")


LATER = {
    "js/main.js": """import { count } from "./lib/count.js";
const load = () => import("./views/editor.js");
console.log(count());
const { edit } = await load();
console.log(edit());
console.log((await load()).edit());
""",
    "js/lib/count.js": """let counted = 0;

export const count = () => (counted += 1);
""",
    "js/views/editor.js": """import { count } from "../lib/count.js";
import { words } from "./words.js";

let edits = 0;

export function edit() {
  edits += 1;
  return `${words} ${count()} ${edits}`;
}
""",
    "js/views/words.js": 'export const words = "edited";\n',
}


def test_what_is_imported_later_is_a_script_by_itself_and_shares_what_runs_already(tmp_path: Path) -> None:
    joined = join_modules(LATER, "js/main.js", "js/page.js")

    assert list(joined) == ["js/page.js", "js/page/editor.js"]
    assert "edited" not in joined["js/page.js"]
    assert "counted" not in joined["js/page/editor.js"]
    # By themselves the modules print the same.
    assert (
        _printed(joined, tmp_path / "joined")
        == _printed(LATER, tmp_path / "apart")
        == "1\nedited 2 1\nedited 3 2\n"
    )


@pytest.mark.parametrize(
    ("path", "line", "complaint"),
    [
        (
            "js/main.js",
            'import { edit } from "./views/editor.js";',
            "editor.js is imported later, but needed before",
        ),
        ("js/views/words.js", 'export const more = () => import("./more.js");', "words.js cannot be joined"),
        (
            "js/main.js",
            'const more = () => import("./views/words.js");',
            "words.js is needed by .* and by .*, both imported later",
        ),
    ],
)
def test_a_script_that_cannot_be_parted_is_refused(path: str, line: str, complaint: str) -> None:
    files = LATER | {path: f"{line}\n{LATER[path]}"}

    with pytest.raises(ValueError, match=complaint):
        join_modules(files, "js/main.js", "js/page.js")


def test_sheets_stand_where_they_are_imported() -> None:
    files = {
        "css/page.css": '@import "one.css";\n@import "deep/two.css";\n',
        "css/one.css": "a {}",
        "css/deep/two.css": "b {}",
    }

    assert join_sheets(files, "css/page.css") == "a {}\nb {}\n"
