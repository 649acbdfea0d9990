"""What is looked up of a snapshot in microseconds: published tables, laid out by producer."""
