"""The beat trackers, one file each."""
