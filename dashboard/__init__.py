"""The pages that producers look at, and the API beneath them: published snapshots, nothing else."""
