"""The answer for a text, and the ways to ask for it."""
