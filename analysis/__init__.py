"""For analysts: explain every point, try a rulebook, compare snapshots, see the balance."""
