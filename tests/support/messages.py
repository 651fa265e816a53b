"""Messages as a client writes them."""

import json
from typing import Any


def text(type_: str, **fields: Any) -> str:
    """Write a command."""
    return json.dumps({"type": type_, **fields})
