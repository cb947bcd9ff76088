"""Sampled drum kits: strokes to sound, in stems."""
