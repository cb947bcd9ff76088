"""The songs: their sources, the manifest, and pairs of drumless recording and drums."""
