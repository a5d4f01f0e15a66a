"""The first hour: headquarters or site."""
