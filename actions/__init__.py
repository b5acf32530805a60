"""The verbs of the conversation: one action a file, thin, no sentence in any of them."""
