"""Routes: pages, REST, and the WebSocket."""
