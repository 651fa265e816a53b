"""Readiness, and the orderly end of the process."""
