from comments.models.comment import REPORTED, SENDER_KEPT_FOR, WAITING, Comment
from comments.models.decision import MOVES, UNDO_WITHIN, Act, Batch, Decision, Status
from comments.models.learning import SpamCounts, SpamExample
from comments.models.people import Contact, Pace, Report, Watch
from comments.models.rules import Policy, Reason, Rule

__all__ = [
    "MOVES",
    "REPORTED",
    "SENDER_KEPT_FOR",
    "UNDO_WITHIN",
    "WAITING",
    "Act",
    "Batch",
    "Comment",
    "Contact",
    "Decision",
    "Pace",
    "Policy",
    "Reason",
    "Report",
    "Rule",
    "SpamCounts",
    "SpamExample",
    "Status",
    "Watch",
]
