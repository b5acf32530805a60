"""
The statistical layer of triage: how likely each level is, learnt from invented messages, beside the lexicon.

``reading`` cuts a message into parts, ``grams`` and ``bot.embedding`` turn parts into numbers, ``heads`` turn numbers
into probabilities, ``scorer`` is what a process loads, ``learning`` what ``sidedoor train`` runs.
"""
