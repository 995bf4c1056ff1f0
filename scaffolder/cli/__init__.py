"""The command line: only here are options declared and is anything printed."""
