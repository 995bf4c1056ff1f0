"""`update` against real git: what it must never lose."""
