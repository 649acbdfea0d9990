"""From activity to achievements: when each threshold was reached (specification, section 3)."""
