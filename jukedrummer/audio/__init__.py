"""Audio: reading, writing, resampling, the log-mel, separation of drums."""
