"""The modules that work on arrays by position, beside plain Python."""
