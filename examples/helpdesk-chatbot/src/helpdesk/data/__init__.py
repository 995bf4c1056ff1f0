"""Tickets: what they are, where they come from, what they must look like."""
