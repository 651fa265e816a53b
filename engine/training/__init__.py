"""Training: batches, steps and epochs of a run, its losses, and what is carried over to another network."""
