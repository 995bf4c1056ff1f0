"""Shared by all toys."""

NUMBER = 7
