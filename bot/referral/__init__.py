"""A provider is asked to call back: what the officer chooses to give is sealed to them, and a receipt code stays."""
