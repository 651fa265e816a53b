"""Resume: with a token a browser goes on with its session, here or on another server."""
