"""Where the beat is: trackers, annotated or given beats, and their representations on the code grid."""
