"""The command line: each command calls the function the button calls."""
