"""Find banned phrases in comments and docstrings (CONTRIBUTING.md, Conventions).

``python -m scripts.check_prose`` prints each with its place, and returns 1 if there is any.
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("benchmarks/**/*.py", "engine/**/*.py", "scripts/**/*.py", "server/**/*.py", "static/js/**/*.js")

BANNED = re.compile(
    r"\b(told|whoever|of one's own|as it goes|is no more|are no more|of elsewhere|say why|leads? nowhere|at its word"
    r"|what became of|who (reads?|sends?|does not|wants?|look|looks|watch|watches))\b",
    re.IGNORECASE,
)
_BLOCK_COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'])//[^\n]*", re.DOTALL)


def comments(path: Path, text: str) -> Iterator[tuple[int, str]]:
    """Yield the comments and docstrings of a source file, each with the number of its first line."""
    if path.suffix == ".js":
        for found in _BLOCK_COMMENT.finditer(text):
            yield text.count("\n", 0, found.start()) + 1, found.group()
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(text)):
        # A string that stands alone documents what is above it.
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            yield node.lineno, node.value.value


def faults(path: Path, text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the words of each banned phrase in a source file; names in backticks do not count."""
    for line, comment in comments(path, text):
        prose = re.sub(r"`[^`]*`", lambda name: " " * len(name.group()), comment)
        for found in BANNED.finditer(prose):
            yield line + comment.count("\n", 0, found.start()), found.group()


def main() -> int:
    """Check all sources; return the exit status."""
    count = 0
    for pattern in SOURCES:
        for path in sorted(ROOT.glob(pattern)):
            if path == Path(__file__).resolve():
                continue
            for line, words in faults(path, path.read_text(encoding="utf-8")):
                print(f"{path.relative_to(ROOT)}:{line}: {words!r}", file=sys.stderr)
                count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
