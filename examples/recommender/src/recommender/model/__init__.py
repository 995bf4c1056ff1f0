"""The models, each with one idea; how the data are split; what is trained and kept."""
