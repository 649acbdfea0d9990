"""`python -m cli`: the command, whatever the PATH is."""

from cli import main

main()
