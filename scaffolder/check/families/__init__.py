"""The rules, a class each, one module a family; and the questions for the interview."""
