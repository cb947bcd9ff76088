"""Where songs come from: one file a data set."""
