"""Pieces of window that any page may use."""
