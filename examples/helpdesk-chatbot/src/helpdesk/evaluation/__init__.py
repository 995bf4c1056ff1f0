"""Measure it on tickets of later."""
