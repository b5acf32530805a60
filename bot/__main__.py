"""Makes ``python -m bot`` the same as ``sidedoor``."""

from bot.cli import main

main()
