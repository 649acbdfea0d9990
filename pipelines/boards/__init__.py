"""From progress to leaderboards (specification, section 4)."""
