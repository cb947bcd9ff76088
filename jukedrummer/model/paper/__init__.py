"""The authors' networks, for their released weights (arXiv 2210.06007).

The files here are complete and readable. `fast` has faster forms of the same networks.
"""
