"""The comments of a WordPress export, as records that `comments.importing` stores."""

from articles.models import Article
from articles.wordpress import reading
from comments.importing import Record
from comments.models import Status
from cramps_site.lib.exports import key_of

STATUSES = {"1": Status.APPROVED, "approved": Status.APPROVED, "approve": Status.APPROVED}
WAITING = ("0", "", "hold", "unapproved")
OUT = {"spam": "spam", "trash": "trash", "post-trashed": "trash"}
PINGS = ("pingback", "trackback", "webmention")
KINDS = ("", "comment")


def records(path, survey):
    """A function that reads the records anew each time it is called."""

    def read():
        return (_record(remark, survey) for remark in reading.remarks(path) if remark.id)

    return read


def articles_of(survey, *, dry_run=False):
    """Where the comments of each post go, by its number. In a dry run also those that are not there yet."""
    stored = dict(Article.objects.filter(source_key__startswith="wordpress:").values_list("source_key", "pk"))
    found = {number: stored.get(key, key if dry_run else None) for number, (key, _, _) in survey.items.items()}
    return {number: pk for number, pk in found.items() if pk is not None}


def _record(remark, survey):
    status, reason = _judge(remark)
    home = survey.items.get(remark.item, (f"{survey.site}:{remark.item}",))[0]
    parent = remark.parent if remark.parent not in ("", "0") else ""
    return Record(
        key=key_of(home, remark.id),
        parent=key_of(home, parent) if parent else "",
        article=remark.item,
        name=remark.name,
        email=remark.email,
        text=remark.text,
        at=remark.at,
        status=status,
        reason=reason,
    )


def _judge(remark):
    """(status, reason). What WordPress has no clear verdict on waits for a moderator."""
    if remark.kind in PINGS:
        return "", "ping"
    if remark.kind not in KINDS:
        return "", f"left out: {remark.kind}"
    if remark.approved in OUT:
        return "", OUT[remark.approved]
    status = STATUSES.get(remark.approved, Status.PENDING)
    return status, str(status)
