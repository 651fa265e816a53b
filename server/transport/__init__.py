"""Connections below requests and messages: how they are accepted, read, limited and closed."""
