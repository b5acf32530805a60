"""The sample bot's actions."""
