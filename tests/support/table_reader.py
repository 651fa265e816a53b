"""The page's reading of tables, asked from Python: one Node.js for all tables, and what a reading gets wrong."""

import base64
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.live_server import ROOT
from tests.support.tables import Written

# One line of JSON in, one line of JSON out, until the input ends.
_SCRIPT = """
import "./tests/js/support/language.js";
import "./tests/js/support/text-decoder.js";
import { createInterface } from "node:readline";
import { readTable } from "./static/js/own-data/tables/table-reader.js";
import { decodeText } from "./static/js/own-data/encoding/text-encoding.js";
for await (const line of createInterface({ input: process.stdin })) {
  const { bytes, wishes } = JSON.parse(line);
  const { text, choice, problem } = decodeText(Buffer.from(bytes, "base64"), { encoding: wishes.encoding });
  const answer = text === null ? { table: null, problem, choices: [] } : readTable(text, wishes);
  const found = answer.table ?? { choices: answer.choices };
  const choices = choice === null ? found.choices : [choice, ...found.choices];
  console.log(JSON.stringify({ ...found, problem: answer.problem, choices }));
}
"""


class TableReader:
    """Reads bytes as the page does."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._input, self._output = process.stdin, process.stdout

    def read(self, data: bytes, wishes: dict[str, str]) -> dict[str, Any]:
        """Return the table as JSON, with ``problem`` and ``choices``."""
        print(
            json.dumps({"bytes": base64.b64encode(data).decode(), "wishes": wishes}),
            file=self._input,
            flush=True,
        )
        answer: dict[str, Any] = json.loads(self._output.readline())
        return answer


@contextmanager
def table_reader(node: str) -> Iterator[TableReader]:
    """Run a Node.js that reads tables until the block is left."""
    with subprocess.Popen(
        [node, "--input-type=module", "--eval", _SCRIPT],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        yield TableReader(process)
    assert process.returncode == 0


def asked(answer: dict[str, Any]) -> list[str]:
    """Return what is asked, in the order of the preview."""
    return [choice["aspect"] for choice in answer["choices"] if choice["asked"]]


def difference(written: Written, answer: dict[str, Any]) -> str | None:
    """Say what is read otherwise than it was meant."""
    if answer["problem"] is not None:
        return f"refused: {answer['problem']}"
    if len(answer["rows"]) != len(written.points) or answer["leftOutCount"] != written.missing:
        return f"{len(answer['rows'])} rows, {answer['leftOutCount']} left out: {answer['leftOut'][:3]}"
    for row, ((x1, x2, target), found) in enumerate(zip(written.points, answer["rows"], strict=True)):
        if (x1, x2) != tuple(found[:2]):
            return f"row {row}: {found[:2]} instead of {x1, x2}"
        if isinstance(target, str) and target.replace("\r", "\n") != found[2]:
            return f"row {row}: {found[2]!r} instead of {target!r}"
        if isinstance(target, float) and (answer["values"] is None or answer["values"][row] != target):
            return f"row {row}: {found[2]!r} instead of {target}"
    if answer["classes"] is not None:
        pairs = set(zip((target for *_, target in written.points), answer["classes"], strict=True))
        if not len(pairs) == len({target for target, _ in pairs}) == len({label for _, label in pairs}):
            return f"classes {pairs}"
    return None


def questions(reader: TableReader, written: Written) -> list[str]:
    """Read a table; where that differs, answer the questions that are asked and no others. Return what is asked first.

    Raises:
        AssertionError: the answers do not make the difference disappear, or the right one cannot be given.
    """
    wishes: dict[str, str] = {}
    answer = reader.read(written.data, wishes)
    first = asked(answer)
    found = difference(written, answer)
    while found is not None:
        # One after the other, in the order of the preview: another encoding or separator makes other columns.
        unanswered = (
            choice for choice in answer["choices"] if choice["asked"] and choice["aspect"] not in wishes
        )
        choice = next(unanswered, None)
        if choice is None:
            break
        wishes[choice["aspect"]] = _right(written, choice)
        answer = reader.read(written.data, wishes)
        found = difference(written, answer)
    assert found is None, f"{found}\nasked: {first}, answered: {wishes}\n{written}"
    return first


def _right(written: Written, choice: dict[str, Any]) -> str:
    """Return the right option; of number formats, one with the right decimal mark if no other mark occurs."""
    values = [option["value"] for option in choice["options"]]
    right = written.answers[choice["aspect"]]
    if choice["aspect"] == "decimal" and right not in values:
        right = next((value for value in values if value.split("-")[0] == right.split("-")[0]), right)
    assert right in values, f"{choice['aspect']}: {right} is not among {values}\n{written}"
    return right
