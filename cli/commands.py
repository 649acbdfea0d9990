"""The command with everything that it can do."""

from cli.loading import load

__all__ = ["app"]

app = load(())
