"""What is in a corpus: a page, and tables of all songs and of what was left out."""
