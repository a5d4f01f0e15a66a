"""台账: choose, see, print."""
