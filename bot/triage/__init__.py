"""
How much distress is in a message, and what has to be said at once: plain Python and data, nothing that can be down.

``lexicon.Triage`` judges one message, ``state.DistressState`` a conversation, ``safety_reply.SafetyReplies`` finds
the words.
"""
