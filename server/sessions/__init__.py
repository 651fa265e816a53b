"""One learner's run, from the first command to the resume token. Knows no socket."""
