"""The command ``neural-playground``, also as ``python -m server``; only what a command needs is imported for it."""

import os
import sys

from server.lifecycle import signals
from server.telemetry import standard_streams


def main() -> None:
    """Run the command that the first argument names, else serve."""
    signals.exit_on_signals()
    standard_streams.ensure_open()
    if sys.argv[1:2] == ["health"]:
        from server.cli import health

        health.main(sys.argv[2:])
    elif sys.argv[1:2] == ["replay"]:
        from server.compute.worker_setup import limit_blas_threads

        limit_blas_threads(os.environ)  # before NumPy is loaded: more threads could round differently
        from server.cli import replay

        replay.main(sys.argv[2:])
    else:
        from server.cli import serve

        serve.main()


if __name__ == "__main__":  # engine processes import this module again
    main()
