"""Small but true copies of data sets: their folders, names, containers and metadata.

Each module has the name of a kind of source, and a function `make` that writes the copy. `python -m
tests.layouts FOLDER` writes all of them.
"""
