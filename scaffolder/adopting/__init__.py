"""What `adopt` finds out of a repository without a record: its version, its answers, the parts it lacks."""
