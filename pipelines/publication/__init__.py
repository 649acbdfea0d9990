"""From computed tables to one atomic, immutable snapshot (specification, section 5)."""
