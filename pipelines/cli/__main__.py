"""`python -m pipelines.cli`: the command, whatever the PATH is."""

from pipelines.cli import main

main()
