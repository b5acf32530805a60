"""
What is kept of a conversation: one sealed row a person, bounded, expiring, without a word that was said.

``window`` decides what is kept, ``rows`` where it lies, ``store`` joins the two for Rasa.
"""
