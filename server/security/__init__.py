"""Who may come in, what the server signs, and how often something may happen."""
