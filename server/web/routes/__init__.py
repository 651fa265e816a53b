"""The routes: pages, REST and the WebSocket."""
