"""
Makes ``python -m bot`` the same as ``sidedoor``, and gives the edge a way in that does not wait for anything.
"""

from __future__ import annotations

import sys


def main() -> None:
    """``serve`` without options skips the command's own imports: they take a third of the second the edge has."""
    if sys.argv[1:] == ["serve"]:
        from bot.channels.app import main as serve

        serve()
    else:
        from bot.cli import main as command

        command()


if __name__ == "__main__":
    main()
