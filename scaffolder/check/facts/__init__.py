"""What can be read off a repository, for the rules to judge: one question a module. Nothing of it runs."""
