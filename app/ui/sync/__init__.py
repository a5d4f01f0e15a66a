"""同步 at a site: what waits, what headquarters took, and the ways to carry it."""
