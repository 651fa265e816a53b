"""Numbers and tables as literals of a script."""

from collections.abc import Sequence

import numpy as np

from engine.arrays import FloatArray

_LINE = 100


def number(value: float) -> str:
    """Write a number so that Python reads the same one, without a fraction that is zero."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def constant(value: float) -> str:
    """Write a setting: a real number keeps its point, as some libraries refuse a whole number in its place."""
    return str(value) if isinstance(value, int) else repr(float(value))


def table(rows: FloatArray) -> str:
    """Write a matrix as the argument of ``np.array``, as many rows on a line as there is room for."""
    written = [f"[{', '.join(number(value) for value in row)}]" for row in rows.tolist()]
    return "[\n" + "\n".join(_filled(written)) + "\n]"


def vector(values: Sequence[float] | FloatArray) -> str:
    """Write numbers as a list, on one line."""
    return f"[{', '.join(number(value) for value in np.asarray(values).tolist())}]"


def _filled(words: Sequence[str]) -> list[str]:
    lines = ["   "]
    for word in words:
        if len(lines[-1]) + len(word) + 2 > _LINE and lines[-1].strip():
            lines.append("   ")
        lines[-1] += f" {word},"
    return lines
