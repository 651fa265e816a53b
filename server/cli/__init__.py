"""The commands: serve, train, replay, health."""
