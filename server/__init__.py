"""The server of Neural Playground: pages, a REST catalogue, and training streamed over WebSockets."""

__version__ = "0.1.0"
