"""The networks: no paths, no loops, no settings but their constructors'."""
