"""From readings to features to a fitted model and its alarm threshold."""
