"""Records: tables, types and the rules each can decide alone."""
