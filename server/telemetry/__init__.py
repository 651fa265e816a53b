"""What operators see: logs, metrics, the lag of the event loop."""
