"""Other platforms: what makes the Python processes that a test starts do without features of this one."""

from pathlib import Path

FEATURES = Path(__file__).parent / "without"


def without(*features: str) -> dict[str, str]:
    """Return variables for a process, and for all that it starts, that take features away.

    Args:
        features: names of functions in ``without/sitecustomize.py``.
    """
    variables = {"PYTHONPATH": str(FEATURES), "WITHOUT": ",".join(features)}
    return variables | ({"PYTHONWARNDEFAULTENCODING": "1"} if "default_encoding" in features else {})
