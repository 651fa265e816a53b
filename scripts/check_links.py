"""Check that every relative link of the documentation leads to a file, and to a heading if it names one.

``python -m scripts.check_links`` reads the Markdown files of the root and of docs/. Links to the web are not checked.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent

_FENCE = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)|(?:src|href)=\"([^\"]+)\"")
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def documents() -> list[Path]:
    """Return the Markdown files of the project."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def broken(document: Path) -> Iterator[str]:
    """Yield the broken relative links of a document."""
    text = _CODE.sub("", _FENCE.sub("", document.read_text(encoding="utf-8")))
    for found in _LINK.finditer(text):
        link = found[1] or found[2]
        if _ELSEWHERE.match(link):
            continue
        path, _, heading = unquote(link).partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (heading and target.suffix == ".md" and heading not in _headings(target)):
            yield link


def _headings(document: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub and GitLab spell them."""
    text = _FENCE.sub("", document.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in _HEADING.findall(text)}


def main() -> int:
    """Print broken links; return the exit status."""
    found = [f"{document.relative_to(ROOT)}: {link}" for document in documents() for link in broken(document)]
    for line in found:
        print(f"broken link in {line}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
