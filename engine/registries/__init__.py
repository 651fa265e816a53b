"""Registries: all choices of one kind, such as the optimizers, a module for each kind and a row for each choice."""
