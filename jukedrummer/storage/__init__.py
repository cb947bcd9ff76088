"""Files on disk: atomic writing, tables, shards, weights."""
