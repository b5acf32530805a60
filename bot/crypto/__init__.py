"""Keys and sealing; nothing else in the project imports ``cryptography``."""
