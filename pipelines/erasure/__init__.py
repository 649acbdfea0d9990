"""Erasing somebody's data from a store: from what is kept of export files, and every snapshot."""
