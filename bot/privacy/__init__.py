"""Takes out of a message who wrote it: the sender becomes a pseudonym, the text loses what could name the officer."""
