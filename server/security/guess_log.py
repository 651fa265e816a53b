"""Counts wrong join codes and reports guessing in the log. Takes the time as an argument."""

SUSPICIOUS = 20
"""Wrong codes from one address within a minute; typing errors of a class are fewer."""

_WINDOW_SECONDS = 60.0
_MOST_ADDRESSES = 1000


class GuessLog:
    """Counts wrong codes by address, and warns at most once a minute that there are too many."""

    def __init__(self) -> None:
        """Start with no wrong codes."""
        self._counts: dict[str, int] = {}
        self._since = self._quiet_until = float("-inf")

    def __len__(self) -> int:
        """Return the number of addresses whose wrong codes are counted."""
        return len(self._counts)

    def note(self, address: str, now: float) -> str | None:
        """Count a wrong code; return a warning for the operator if there are too many.

        Args:
            address: of the sender.
            now: seconds on a monotonic clock.
        """
        counts = self._counts
        if now - self._since > _WINDOW_SECONDS and max(counts.values(), default=0) < SUSPICIOUS:
            counts.clear()
        if not counts:
            self._since = now
        if address in counts or len(counts) < _MOST_ADDRESSES:
            counts[address] = counts.get(address, 0) + 1
        worst = max(counts, key=counts.__getitem__)
        if counts[worst] < SUSPICIOUS or now < self._quiet_until:
            return None
        warning = f"somebody may be guessing the join code: {counts[worst]} wrong ones from {worst}"
        others = sum(counts.values()) - counts[worst]
        if others:
            warning += f" and {others} from {len(counts) - 1} other addresses"
        warning += f" within {now - self._since:.0f} seconds"
        counts.clear()
        self._quiet_until = now + _WINDOW_SECONDS
        return warning
