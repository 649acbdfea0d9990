"""Backups of a store in a folder, and a store from a backup."""
