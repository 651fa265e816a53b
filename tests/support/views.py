"""What a page asks for that shows the network: scores, parameters and a map, and perhaps more."""

import json
from typing import Any

from server.protocol.commands import Watch
from server.protocol.views import ViewRequest


def watched(
    *,
    tiles: bool = False,
    unit: tuple[int, int] | None = None,
    resolution: int = 100,
    confusion: bool = False,
    exact: bool = False,
) -> list[dict[str, Any]]:
    """Return the views of a ``watch``."""
    address = None if unit is None else {"layer": unit[0], "unit": unit[1]}
    return [
        {"view": "scores"},
        {"view": "parameters", "exact": exact},
        {"view": "map", "unit": address, "resolution": resolution},
        *([{"view": "tiles"}] if tiles else []),
        *([{"view": "confusion"}] if confusion else []),
    ]


def requested(**shown: Any) -> tuple[ViewRequest, ...]:
    """Return the same as the requests of a slice."""
    return Watch.model_validate_json(json.dumps({"type": "watch", "views": watched(**shown)})).requests
