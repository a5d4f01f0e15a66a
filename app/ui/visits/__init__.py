"""走访: the list of visits, one visit read, and the form that records one in under a minute."""
