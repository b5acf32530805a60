"""A person takes over: a sealed mailbox, a table of states, and a clock for each of them."""
