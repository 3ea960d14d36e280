"""Where a comment stands among those that wait.

The queue is sorted by one moment, `queue_at`: when the comment came in, less a head start for urgency, plus a delay for
what looks like spam. That is the ageing rule: everything moves up as it waits, so nothing starves. A comment with a
danger sign stands before every other that has waited less than thirty days longer; one that names a danger sign only to
deny it, fourteen days; likely spam waits one day longer than its neighbours. The moment is stored and indexed, so the
first page costs the same with a thousand and with a million comments waiting.
"""

from datetime import timedelta

HEAD_START = (timedelta(0), timedelta(days=14), timedelta(days=30))
"""By urgency: none, a danger sign denied, a danger sign."""
LIKELY_SPAM = 90
"""From this score in per cent on a comment is likely spam."""
DELAY = timedelta(days=1)


def queue_at(created_at, urgency=0, spam_score=None):
    """The moment by which the queue is sorted."""
    delay = DELAY if (spam_score or 0) >= LIKELY_SPAM else timedelta(0)
    return created_at - HEAD_START[min(urgency, 2)] + (timedelta(0) if urgency else delay)
