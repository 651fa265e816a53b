"""English texts by name, so that tests compare keys and values instead of words."""

from engine.user_messages import UserMessage, Value
from server.i18n import ENGLISH, bundled


def english(name: str, **values: Value) -> str:
    """Return a text of the page or its scripts by dotted name, such as ``page.full.heading``."""
    return bundled()[ENGLISH].text(name, **values)


def sentence(key: str, **values: Value) -> str:
    """Return a sentence of the engine or the server in English."""
    return bundled()[ENGLISH].translate(UserMessage(key, values))
