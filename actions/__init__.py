"""
The verbs of a conversation: each reads slots, asks the catalogue, names a response, and returns what changed.

No sentence that an officer reads is written here; responses are named, and their values come from the catalogue.
"""
