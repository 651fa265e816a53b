"""The bundler: joins the page's modules into one script and its sheets into one sheet, which saves requests.

Every module becomes a function scope that returns its exports; imports are read from the returned objects. This is
enough for modules that import and export names only and have no cycles; everything else is refused.

A dynamic import, ``import("./views/editor.js")``, becomes a second script with all modules that only it needs. It gets
the scopes of modules that it shares with the first script as arguments, so that each module runs once.
"""

import posixpath
import re
from collections.abc import Callable, Mapping

# A line that starts like this is a comment unless it is inside a template literal; those do not span lines here.
# For the same reason indentation can be removed.
_COMMENT = re.compile(r"^[ \t]*(?:/\*\*(?:[^*]|\*(?!/))*\*/|//.*)[ \t]*\n", re.MULTILINE)
# Type annotations within a line.
_TYPE = re.compile(r"/\*\* @[^\n]*?\*/ ?")
_IMPORT = re.compile(r'^import (?:\{([^}]*)\} from )?"(\.[^"]+)";\n', re.MULTILINE)
_LATER = re.compile(r'\bimport\("(\.[^"]+)"\)')
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
_INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)
_REMARK = re.compile(r"/\*(?:[^*]|\*(?!/))*\*/\n*")
_SHEET = re.compile(r'^@import "([\w./-]+)";$', re.MULTILINE)


def join_modules(files: Mapping[str, str], main: str, target: str) -> dict[str, str]:
    """Join the module ``main`` with all that it imports, without indentation, types and most comments.

    Args:
        files: the text of every module by path.
        main: path of the entry module; it may use top-level ``await``, and exports nothing.
        target: path of the joined script.

    Returns:
        Scripts by path: the joined one under ``target``; each dynamically imported module, joined with all that only
        it imports, under its own name in a folder beside ``target`` with the same name.

    Raises:
        ValueError: a module imports or exports in an unsupported way, or in a cycle; or a dynamically imported module
            is also imported statically, has a dynamic import itself, or shares a module with another such module only.
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
    """Return a module as the function that is its scope; a ``bare`` one without the function."""
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
    """Return the paths of ``main`` and all that it imports, in topological order, imported modules first."""
    order: dict[str, bool] = {}  # whether all imports of a module are in it

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
    """Return the style sheet ``main`` with its imports replaced by the imported sheets, without comments."""
    joined = _SHEET.sub(lambda found: join_sheets(files, _beside(main, found[1])), files[main])
    return _INDENTATION.sub("", _REMARK.sub("", joined))
