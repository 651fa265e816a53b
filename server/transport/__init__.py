"""Connections below requests and messages: how they are accepted, read, shared out and let go."""
