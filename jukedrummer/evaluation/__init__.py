"""Evaluation: metrics of drums, baselines, the use of the input, and accuracy of trackers."""
