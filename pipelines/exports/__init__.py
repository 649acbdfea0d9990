"""Export files: which there are, what a good row is, and what one file contributes."""
