"""The command `beatxp`."""

from pipelines.cli.app import main

__all__ = ["main"]
