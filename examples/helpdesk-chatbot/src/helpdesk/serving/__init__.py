"""The conversation, the database, HTTP and the pages."""
