"""A project that does every stage's least; a file verbs/NAME.py replaces what the verb NAME does."""
