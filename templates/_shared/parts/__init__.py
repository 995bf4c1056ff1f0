"""Modules that every generated project carries, one file each, beside its own modules."""
