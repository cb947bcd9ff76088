"""Faster forms of the paper's networks on a processor, equal to the readable ones."""
