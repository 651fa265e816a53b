"""The page's files: read, joined and compressed once."""
