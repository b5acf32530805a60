"""
Rasa's process and the one door to it.

The edge uses ``client`` alone, which knows nothing of Rasa; all the rest runs behind a Unix socket with the tracker's
key and no other. In there a message takes this way: ``server`` → ``inbound`` → ``engine`` (Rasa on a thread of its own)
→ ``components`` → ``local_actions`` → ``tracker_store``.
"""
