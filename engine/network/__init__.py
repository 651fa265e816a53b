"""The network: layout of parameters and activations in memory, forward and backward pass."""
