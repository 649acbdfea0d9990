"""Why a producer has the XP that a snapshot says: rules, export rows, and what did not count."""
