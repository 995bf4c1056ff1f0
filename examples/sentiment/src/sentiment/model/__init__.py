"""From texts to a stored model."""
