"""The tutorial of the engine: every block runs, and gives what it says."""

import doctest

from tests.support.live_server import ROOT

TUTORIAL = ROOT / "docs" / "engine.md"


def test_every_block_of_the_tutorial_gives_what_it_says():
    failed, tried = doctest.testfile(
        str(TUTORIAL), module_relative=False, optionflags=doctest.ELLIPSIS, encoding="utf-8"
    )

    assert tried > 60
    assert failed == 0


def test_every_block_is_written_so_that_it_is_run():
    blocks = TUTORIAL.read_text(encoding="utf-8").split("```python\n")[1:]

    for block in blocks:
        code, _, _ = block.partition("```")
        assert code.startswith(">>> ")
        assert code.endswith("\n\n")  # a doctest's expected output ends with an empty line
