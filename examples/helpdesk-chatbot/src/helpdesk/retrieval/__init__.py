"""Find the past tickets that are about the same thing."""
