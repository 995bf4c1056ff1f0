"""How good the lists are: protocols, metrics, intervals, pictures."""
