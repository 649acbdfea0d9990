"""From activity to achievements and progress (specification, sections 3 and 5)."""
