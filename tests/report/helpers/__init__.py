"""Shared code of the report's tests."""
