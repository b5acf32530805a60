"""
What can be offered: the kinds of help, who could learn of each, the lines, the states' laws, and our own promises.

``Catalogue.load()`` reads all of it from ``data``; nothing here talks to a network or keeps anything about an officer.
"""

from bot.catalogue.catalogue import Catalogue

__all__ = ["Catalogue"]
