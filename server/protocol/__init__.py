"""What is said on the wire: messages, frames, close codes, and the catalog of all choices. Knows no session."""
