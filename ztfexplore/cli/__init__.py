"""The command line; `main` is what the command `ztfexplore` runs."""

from ztfexplore.cli.commands import main

__all__ = ["main"]
