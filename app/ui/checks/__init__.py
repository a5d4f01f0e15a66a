"""检查: the list of checks, one check read with its hazards, and the checklist filled item by item."""
