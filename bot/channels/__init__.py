"""The officer's edge: raw words and real ids come in here and go no further than ``bot.privacy``."""
