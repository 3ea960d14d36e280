"""The ways of a version from one state to another, and who may press each: the one table.

    draft --submit--> in review --approve--> approved --publish--> published --retire--> retired

A version may be published from any state before that, and says then that nobody reviewed it. `Version.move` carries a
move out; admin, commands and pages ask this table what they may offer.
"""

from dataclasses import dataclass

from django.db import models


class State(models.TextChoices):
    DRAFT = "draft", "Draft"
    IN_REVIEW = "review", "In review"
    APPROVED = "approved", "Approved"
    PUBLISHED = "published", "Published"
    RETIRED = "retired", "Retired"


EDITABLE = (State.DRAFT, State.IN_REVIEW, State.APPROVED)
"""States in which the text may still change. What was published is succeeded, never edited."""


@dataclass(frozen=True)
class Move:
    name: str
    label: str
    """What the button says."""
    sources: tuple
    target: State
    permissions: tuple
    """Any one of them lets a member of the staff press it."""
    needs_reason: bool = False

    def is_open_to(self, user):
        return any(user.has_perm(permission) for permission in self.permissions)


WRITE, REVIEW, PUBLISH = "articles.change_version", "articles.add_signoff", "articles.publish_article"

MOVES = {
    move.name: move
    for move in (
        Move("submit", "Ask for a review", (State.DRAFT,), State.IN_REVIEW, (WRITE,)),
        Move("withdraw", "Take back to draft", (State.IN_REVIEW, State.APPROVED), State.DRAFT, (WRITE,)),
        Move("approve", "Approve", (State.DRAFT, State.IN_REVIEW), State.APPROVED, (REVIEW, PUBLISH)),
        Move("send_back", "Send back", (State.IN_REVIEW, State.APPROVED), State.DRAFT, (REVIEW, PUBLISH), True),
        Move("publish", "Publish", EDITABLE, State.PUBLISHED, (PUBLISH,)),
        Move("unschedule", "Do not publish", (State.PUBLISHED,), State.APPROVED, (PUBLISH,)),
        Move("retire", "Take from the public", (State.PUBLISHED,), State.RETIRED, (PUBLISH,)),
    )
}


def moves_for(version, user):
    """The moves that a user may press on a version as it is now."""
    return [move for move in MOVES.values() if version.state in move.sources and move.is_open_to(user)]
