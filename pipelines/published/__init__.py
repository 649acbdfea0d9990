"""Reading published snapshots: what command line, dashboard, Dagster and notebooks show of them."""
