"""Teaches the spam filter what moderators decided, and asks it about what comes in."""


def score(comment):
    """(per cent or None, reasons): how likely a comment is spam."""
    return None, ()
