"""What the Makefile runs beside the tools themselves; standard library only, unless one says otherwise."""
