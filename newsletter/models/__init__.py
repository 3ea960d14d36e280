from newsletter.models.deliveries import Delivery, SendingPolicy
from newsletter.models.issues import Digest, Issue, IssueArticle
from newsletter.models.subscribers import ASK_AGAIN_AFTER, Consent, Subscriber, Suppression

__all__ = [
    "ASK_AGAIN_AFTER",
    "Consent",
    "Delivery",
    "Digest",
    "Issue",
    "IssueArticle",
    "SendingPolicy",
    "Subscriber",
    "Suppression",
]
