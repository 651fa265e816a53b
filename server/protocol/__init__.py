"""The wire protocol: messages, frames, close codes, and the catalog of all choices. Knows no session."""
