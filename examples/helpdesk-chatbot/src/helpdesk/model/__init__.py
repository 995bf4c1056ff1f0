"""What is learned from past tickets: what a question is about, and whether it can be answered."""
