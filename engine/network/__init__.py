"""The network itself: where its parameters and activations lie, and its forward and backward pass."""
