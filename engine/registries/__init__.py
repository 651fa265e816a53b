"""Registries: one module for each kind of choice, such as the optimizers, with one row for each choice."""
