"""
Sidedoor: a confidential referral assistant for police officers.

The path of a message, in the order of the packages:

1. ``channels``   an officer writes on Telegram, in the web chat or in a terminal; raw text and real ids live only here
2. ``triage``     how much distress is in it; a crisis is answered at once, without anything below this line
3. ``privacy``    the sender becomes a pseudonym, the text loses whatever could name the officer
4. ``assistant``  Rasa, in a process of its own: what is meant, what to say
5. ``catalogue``  the kinds of help, and who could learn of each
6. ``handoff``    a person takes over, through a sealed mailbox
7. ``desk``       where the person on duty sits

``wiring`` puts the parts together, ``supervisor`` keeps the processes alive, ``cli`` is the command.
"""
