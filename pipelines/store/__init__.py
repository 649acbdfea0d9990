"""The store: immutable files, remembered step results, one pointer to what is published."""
