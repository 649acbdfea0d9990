"""From activity and unlocks to XP and levels (specification, section 3)."""
