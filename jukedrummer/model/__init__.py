"""The networks, building and loading them, and sampling from language models."""
