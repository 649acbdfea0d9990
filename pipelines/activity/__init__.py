"""From validated rows to activity: who did what, and when (specification, section 2)."""
