"""From a version of the templates and answers to a tree of files."""
