"""The process: signals, readiness, orderly shutdown."""
