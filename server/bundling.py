"""Bundling: the page's modules as one script, its sheets as one sheet. A hundred requests cost more than their bytes.

Every module keeps its text and has a scope of its own: what it exports is what the scope returns, what it imports is
taken from there. That is enough while modules import and export names only and none needs itself; the rest is refused.
"""

import posixpath
import re
from collections.abc import Mapping

# Only in the text of a template literal could a line begin so and be no comment; such text does not span lines here.
# For the same reason lines may lose their indentation.
_COMMENT = re.compile(r"^[ \t]*(?:/\*\*(?:[^*]|\*(?!/))*\*/|//.*)[ \t]*\n", re.MULTILINE)
# Types of what follows, within a line.
_TYPE = re.compile(r"/\*\* @[^\n]*?\*/ ?")
_IMPORT = re.compile(r'^import (?:\{([^}]*)\} from )?"(\.[^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
_INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)
_REMARK = re.compile(r"/\*(?:[^*]|\*(?!/))*\*/\n*")
_SHEET = re.compile(r'^@import "([\w./-]+)";$', re.MULTILINE)


def join_modules(files: Mapping[str, str], main: str) -> str:
    """Return the module ``main`` and all that it needs as one, without indentation, types and most comments.

    Args:
        files: the text of every module by its path.
        main: path of the module to begin with; it may wait, and exports nothing.

    Raises:
        ValueError: a module imports or exports in a way that cannot be joined, or needs itself.
    """
    order = _in_order(files, main)
    scopes = {path: f"$module{number}" for number, path in enumerate(order)}
    parts = []
    for path in order:
        text = _bare(files[path])
        names = _EXPORT.findall(text)
        text = _EXPORT.sub("", text)
        text = _IMPORT.sub(
            lambda found, path=path: _taken(found[1], scopes[_beside(path, found[2])]),  # type: ignore[misc]
            text,
        )
        if other := _OTHER.search(text):
            raise ValueError(f"{path} cannot be joined: {other.group()}")
        if path != main:
            text = f"const {scopes[path]} = (() => {{\n{text.strip()}\nreturn {{ {', '.join(names)} }};\n}})();\n"
        parts.append(f"{text.strip()}\n")
    return _INDENTATION.sub("", "\n".join(parts))


def shortened(script: str) -> str:
    """Return a script without indentation, types and most comments."""
    return _INDENTATION.sub("", _bare(script))


def _bare(script: str) -> str:
    return _TYPE.sub("", _COMMENT.sub("", script))


def _taken(names: str | None, scope: str) -> str:
    if names is None:
        return ""
    return f"const {{{names.replace(' as ', ': ')}}} = {scope};\n"


def _beside(path: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), name))


def _in_order(files: Mapping[str, str], main: str) -> list[str]:
    """Return the paths of ``main`` and all that it needs, each behind those that it needs itself."""
    order: dict[str, bool] = {}  # whether a module is finished

    def add(path: str) -> None:
        if path in order:
            if not order[path]:
                raise ValueError(f"{path} needs itself")
            return
        order[path] = False
        for found in _IMPORT.finditer(_COMMENT.sub("", files[path])):
            add(_beside(path, found[2]))
        del order[path]
        order[path] = True

    add(main)
    return list(order)


def join_sheets(files: Mapping[str, str], main: str) -> str:
    """Return the style sheet ``main`` with the sheets that it imports in their places, without remarks."""
    joined = _SHEET.sub(lambda found: join_sheets(files, _beside(main, found[1])), files[main])
    return _INDENTATION.sub("", _REMARK.sub("", joined))
