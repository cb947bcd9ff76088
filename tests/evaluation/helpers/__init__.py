"""Shared code of the evaluation's tests."""
