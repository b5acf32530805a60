"""
Learns once what every installation then carries along: ``python -m bot.learning``, minutes of work for a developer.

Nothing here runs where officers write. What it learns is two small files in the repository: the last layers of the
sentence encoder, adapted to how officers talk, and the heads that tell levels of distress.
"""
