"""Numbers and arrays as Python literals."""

from collections.abc import Sequence

import numpy as np

from engine.arrays import FloatArray

_LINE = 100


def number(value: float) -> str:
    """Return a literal of exactly this number, without ``.0``."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def constant(value: float) -> str:
    """Return a literal of a constant; a float keeps its point, as some libraries refuse an int in its place."""
    return str(value) if isinstance(value, int) else repr(float(value))


def table(rows: FloatArray) -> str:
    """Return a matrix as the argument of ``np.array``, with as many rows to a line as fit."""
    written = [f"[{', '.join(number(value) for value in row)}]" for row in rows.tolist()]
    return "[\n" + "\n".join(_filled(written)) + "\n]"


def vector(values: Sequence[float] | FloatArray) -> str:
    """Return numbers as a list on one line."""
    return f"[{', '.join(number(value) for value in np.asarray(values).tolist())}]"


def _filled(words: Sequence[str]) -> list[str]:
    lines = ["   "]
    for word in words:
        if len(lines[-1]) + len(word) + 2 > _LINE and lines[-1].strip():
            lines.append("   ")
        lines[-1] += f" {word},"
    return lines
