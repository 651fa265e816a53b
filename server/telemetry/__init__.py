"""Telemetry for operators: logs, metrics, the lag of the event loop."""
