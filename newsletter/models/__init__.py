from newsletter.models.bounces import Bounce
from newsletter.models.deliveries import Delivery, SendingPolicy
from newsletter.models.issues import Digest, Issue, IssueArticle, TestSend
from newsletter.models.subscribers import ASK_AGAIN_AFTER, Consent, State, Subscriber, Suppression

__all__ = [
    "ASK_AGAIN_AFTER",
    "Bounce",
    "Consent",
    "Delivery",
    "Digest",
    "Issue",
    "IssueArticle",
    "SendingPolicy",
    "State",
    "Subscriber",
    "Suppression",
    "TestSend",
]
