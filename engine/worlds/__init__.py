"""Worlds: the experiments of a stack, such as the same one from other seeds."""
