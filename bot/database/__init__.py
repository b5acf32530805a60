"""Opens databases so that they quote nothing and keep nothing that was erased, and brings their tables up to date."""
