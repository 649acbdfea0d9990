"""`python -m pipelines.cli`: the command, whatever the PATH is."""

from pipelines.cli.app import main

main()
