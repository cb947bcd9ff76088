"""The sources of songs, one file each."""
