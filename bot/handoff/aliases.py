"""
Makes up the name under which the desk knows an officer for the length of one chat.
"""

from __future__ import annotations

import secrets

# Short, easy to say on a telephone, unlike one another, and none that is a rank, a first name or a police word.
_WORDS = tuple(
    """
    Amber Anchor Apple Arbor Aspen Autumn Basil Bay Beacon Birch Bramble Bridge Brook Canyon Cedar Cinder Clover
    Cobalt Copper Coral Cove Crater Creek Delta Dune Ember Fern Field Fjord Flint Forest Garden Ginger Glacier
    Granite Grove Harbor Hazel Heron Hickory Indigo Island Ivory Jade Juniper Kelp Kettle Lagoon Lantern Larch
    Laurel Lemon Linden Lotus Maple Marble Marsh Meadow Mesa Mist Moss Nectar Nutmeg Oak Olive Opal Orchard Otter
    Pebble Pepper Pine Plum Pond Poplar Prairie Quarry Quartz Raven Reed Ridge River Saffron Sage Sandstone Silver
    Spruce Stone Summit Tidal Timber Topaz Tulip Tundra Valley Velvet Walnut Water Willow Winter Yarrow
    """.split()  # noqa: SIM905 - a list of a hundred quoted words is not read by anybody
)


def new_alias() -> str:
    """A random name such as ``Harbor 41``. It says nothing about anybody and is not used again on purpose."""
    return f"{secrets.choice(_WORDS)} {secrets.randbelow(90) + 10}"
