"""The stored model behind one `Predictor`, and every way to ask it."""
