"""Scripts that the Makefile runs; standard library only unless a module says otherwise."""
