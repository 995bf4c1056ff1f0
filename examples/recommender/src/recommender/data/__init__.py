"""Interactions in: made, read and checked. Knows nothing of models."""
