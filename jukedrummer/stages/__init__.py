"""The stages of the workflow, one file each: paths in, files out. Rule = file = subcommand = log folder."""
