"""Sound: reading, writing, resampling, the log-mel, separation."""
