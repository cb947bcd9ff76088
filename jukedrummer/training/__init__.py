"""Training: one loop, and one small file a model that says what a batch and a loss are."""
