"""The server at headquarters."""
