"""What lies on the disk: files that are whole or absent, tables, shards, weights."""
