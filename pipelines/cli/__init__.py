"""The command `beatxp`."""


def main() -> None:
    """Run the command."""
    # Imported here: whoever imports one of the modules does not need all of them.
    from pipelines.cli.commands import app

    app()
