"""
What a sentence means, as numbers: MiniLM-L6, its weights checked against a hash, run without torch or a network.

``weights`` reads the published numbers, ``graph`` writes them as a small network, ``encoder`` runs it.
"""
