"""The commands: serve, train, health."""
