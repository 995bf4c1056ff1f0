"""What answers: the predictor, the store of ratings, the GraphQL service and its page."""
