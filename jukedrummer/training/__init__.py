"""Training: one loop for all models, and one file for each model's batches and losses."""
