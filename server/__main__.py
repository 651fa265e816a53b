"""``python -m server`` is the command ``neural-playground``."""

from server.cli import main

if __name__ == "__main__":  # engine processes import this module again
    main()
