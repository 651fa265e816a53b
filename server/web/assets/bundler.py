"""The bundler: joins the page's modules into one script and its sheets into one sheet, which saves requests.

Every module keeps its text and has a scope of its own: what it exports is what the scope returns, what it imports is
taken from there. That is enough while modules import and export names only and none needs itself; the rest is refused.

What a module imports later, by ``import("./views/editor.js")``, becomes a second script with all modules that only it
needs. The scopes of those that it shares with the first script are handed to it, so that each module runs once.
"""

import posixpath
import re
from collections.abc import Callable, Mapping

# Only in the text of a template literal could a line begin so and be no comment; such text does not span lines here.
# For the same reason lines may lose their indentation.
_COMMENT = re.compile(r"^[ \t]*(?:/\*\*(?:[^*]|\*(?!/))*\*/|//.*)[ \t]*\n", re.MULTILINE)
# Types of what follows, within a line.
_TYPE = re.compile(r"/\*\* @[^\n]*?\*/ ?")
_IMPORT = re.compile(r'^import (?:\{([^}]*)\} from )?"(\.[^"]+)";\n', re.MULTILINE)
_LATER = re.compile(r'\bimport\("(\.[^"]+)"\)')
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
_INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)
_REMARK = re.compile(r"/\*(?:[^*]|\*(?!/))*\*/\n*")
_SHEET = re.compile(r'^@import "([\w./-]+)";$', re.MULTILINE)


def join_modules(files: Mapping[str, str], main: str, target: str) -> dict[str, str]:
    """Join the module ``main`` with all that it needs, without indentation, types and most comments.

    Args:
        files: the text of every module by its path.
        main: path of the module to begin with; it may wait, and exports nothing.
        target: path of the joined script.

    Returns:
        The joined script under ``target``. Each module that is imported later stands with all that only it needs
        under its own name, in a folder beside ``target`` that is named after it.

    Raises:
        ValueError: a module imports or exports in a way that cannot be joined, or needs itself; or what is imported
            later is needed before, imports something later itself, or needs what another such module needs.
    """
    order = _in_order(files, main)
    scopes = {path: f"$module{number}" for number, path in enumerate(order)}
    folder = posixpath.splitext(target)[0]
    scripts: dict[str, str] = {}
    owners: dict[str, str] = {}

    def split(part: str) -> str:
        if part in scopes:
            raise ValueError(f"{part} is imported later, but needed before")
        needed = _in_order(files, part)
        for path in needed:
            if path not in scopes and owners.setdefault(path, part) != part:
                raise ValueError(f"{path} is needed by {owners[path]} and by {part}, both imported later")
        own = [path for path in needed if path not in scopes]
        numbers = scopes | {path: f"$part{number}" for number, path in enumerate(own)}
        shared = f"{{ {', '.join(scopes[path] for path in needed if path in scopes)} }}"
        joined = "".join(_scope(files, path, numbers) for path in own)
        joined += f"return {numbers[part]};\n"
        script = f"let made;\nexport const make = ({shared}) => (made ??= (() => {{\n{joined}}})());\n"
        scripts[posixpath.join(folder, posixpath.basename(part))] = _INDENTATION.sub("", script)
        address = f"./{posixpath.basename(folder)}/{posixpath.basename(part)}"
        return f'import("{address}").then(({{ make }}) => make({shared}))'

    script = "\n".join(_scope(files, path, scopes, split, bare=path == main) for path in order)
    return {target: _INDENTATION.sub("", script), **scripts}


def _scope(
    files: Mapping[str, str],
    path: str,
    scopes: Mapping[str, str],
    split: Callable[[str], str] | None = None,
    *,
    bare: bool = False,
) -> str:
    """Write a module as the function that is its scope; a ``bare`` one as its text."""
    text = _bare(files[path])
    names = _EXPORT.findall(text)
    text = _EXPORT.sub("", text)
    text = _IMPORT.sub(lambda found: _taken(found[1], scopes[_beside(path, found[2])]), text)
    if split:
        text = _LATER.sub(lambda found: split(_beside(path, found[1])), text)
    elif later := _LATER.search(text):
        raise ValueError(f"{path} cannot be joined, as it is imported later itself: {later.group()}")
    if other := _OTHER.search(text):
        raise ValueError(f"{path} cannot be joined: {other.group()}")
    if bare:
        return f"{text.strip()}\n"
    return f"const {scopes[path]} = (() => {{\n{text.strip()}\nreturn {{ {', '.join(names)} }};\n}})();\n"


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
