"""What comments keep about the owner of a mail address: tells it, and lets go of it.

Anybody can type an address above a comment. Those below a confirmed address, and those that their writer proved, are
taken for the owner's; of the others only the address is the owner's, unless whoever answers the request knows better.
"""

import idna
from django.db import transaction
from django.db.models import Q

from comments.models import Comment, Contact
from cramps_site.lib.address import normalise
from cramps_site.lib.models import OutgoingMail

ABOUT_CONTACTS = ("comments.confirm_contact", "comments.answers")


def export_of(address):
    """Everything that is kept about an address, ready for JSON."""
    contact = Contact.objects.filter(email=normalise(address)).first()
    facts = ("email", "asked_at", "confirmed_at", "stopped_at")
    return {
        "contact": {name: getattr(contact, name) for name in facts} if contact else None,
        "comments": [_told(comment) for comment in with_address(address).select_related("article").order_by("pk")],
    }


def _told(comment):
    return {
        "article": comment.article.slug,
        "address": comment.email,
        "name": comment.name,
        "text": comment.body,
        "new_text_that_waits": comment.proposed or None,
        "state": comment.get_status_display(),
        "wants_answers": comment.pace,
        "sent_at": comment.created_at,
        "known_to_be_theirs": is_theirs(comment),
        "fingerprint_of_the_connection": comment.sender or None,
    }


def with_address(address):
    """The comments above which this address was typed, in whatever letters."""
    if "@" not in address:
        return Comment.objects.none()
    forms = Q(contact__email=normalise(address))
    for form in {address.strip(), normalise(address), _with_letters(normalise(address))}:
        forms |= Q(email__iexact=form)
    return Comment.objects.filter(forms).select_related("contact")


def _with_letters(normalised):
    """The address with its domain as people write it."""
    local, _, domain = normalised.rpartition("@")
    try:
        return f"{local}@{idna.decode(domain)}"
    except (idna.IDNAError, UnicodeError):
        return normalised


def is_theirs(comment):
    """Whether the owner of the address has shown that the comment is theirs, or at least that the address works."""
    return bool(comment.proven_at or (comment.contact and comment.contact.confirmed_at))


def foresee(address, *, all_of_them=False):
    """How many rows `erase_address` would erase, and of how many it would take the address alone."""
    comments = list(with_address(address))
    erased = len(comments) if all_of_them else sum(map(is_theirs, comments))
    contacts = Contact.objects.filter(email=normalise(address)).count()
    return {"contacts": contacts, "comments": erased, "comments_without_address": len(comments) - erased}


def erase_address(address, *, all_of_them=False):
    """Erase the comments that are known to be the owner's, or all of them; take the address off the others."""
    with transaction.atomic():
        counts = foresee(address, all_of_them=all_of_them)
        comments = list(with_address(address))
        for comment in comments:
            if all_of_them or is_theirs(comment):
                comment.erase()
        keys = [comment.pk for comment in comments]
        Comment.objects.filter(pk__in=keys).update(email="", contact=None, notify=False)
        OutgoingMail.objects.filter(kind="comments.prove", subject_id__in=keys).delete()
        contacts = Contact.objects.filter(email=normalise(address))
        OutgoingMail.objects.filter(kind__in=ABOUT_CONTACTS, subject_id__in=contacts.values("pk")).delete()
        contacts.delete()
    return counts
