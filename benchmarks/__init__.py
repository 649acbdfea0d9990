"""How fast BeatXP is, how much memory it takes, and what others need for less."""
