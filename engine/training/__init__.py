"""Training: batches, updates and epochs of a run, its losses, and weight transfer to another network."""
