"""Reviews: where they come from, what they must look like."""
