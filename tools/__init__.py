"""What stands behind dev.py; standard library only."""
