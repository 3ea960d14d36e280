"""What comments keep about the owner of an address, told and let go of."""

import pytest
from django.utils import timezone

from comments import people
from comments.models import Comment, Contact
from cramps_site.lib.models import OutgoingMail
from tests.factories import make_comment, make_contact

pytestmark = pytest.mark.django_db

ADDRESS = "parent@example.org"


class TheOwnerOfAnAddress:
    def test_is_told_every_comment_above_which_it_was_typed(self):
        make_comment(email="PARENT@Example.org", contact=make_contact(email=ADDRESS), body="Warm socks.")
        make_comment(email=ADDRESS, body="Cold feet.")
        make_comment(email="other@example.org")
        told = people.export_of(ADDRESS)
        assert told["contact"]["email"] == ADDRESS
        texts = [(comment["text"], comment["known_to_be_theirs"]) for comment in told["comments"]]
        assert texts == [("Warm socks.", True), ("Cold feet.", False)]

    @pytest.mark.parametrize("typed", ["ada@bücher.example", "ADA@xn--bcher-kva.example"])
    def test_is_known_however_the_domain_was_written(self, typed):
        make_comment(email=typed)
        assert len(people.export_of("ada@BÜCHER.example")["comments"]) == 1

    def test_nobody_knows_is_told_nothing(self):
        make_comment(email="")
        assert people.export_of(ADDRESS) == {"contact": None, "comments": []}
        assert not any(people.erase_address("").values())


class Erasing:
    def test_takes_what_is_known_to_be_theirs(self):
        contact = make_contact(email=ADDRESS)
        comment = make_comment(email=ADDRESS, contact=contact, status="approved", body="Warm socks.")
        OutgoingMail.objects.create(kind="comments.answers", subject_id=contact.pk)
        OutgoingMail.objects.create(kind="comments.prove", subject_id=comment.pk)
        foreseen = people.foresee(ADDRESS)
        assert (
            people.erase_address(ADDRESS) == foreseen == {"contacts": 1, "comments": 1, "comments_without_address": 0}
        )
        comment.refresh_from_db()
        assert (comment.name, comment.email, comment.body, bool(comment.erased_at)) == ("", "", "", True)
        assert not (Contact.objects.exists() or OutgoingMail.objects.exists())

    def test_takes_a_comment_that_was_proven(self):
        make_comment(email=ADDRESS, proven_at=timezone.now())
        assert people.erase_address(ADDRESS)["comments"] == 1

    @pytest.mark.parametrize(("all_of_them", "left"), [(False, "Warm socks."), (True, "")])
    def test_takes_the_address_alone_off_what_anybody_may_have_written(self, all_of_them, left):
        comment = make_comment(
            email=ADDRESS, contact=make_contact(email=ADDRESS, confirmed_at=None), body="Warm socks."
        )
        people.erase_address(ADDRESS, all_of_them=all_of_them)
        comment.refresh_from_db()
        assert (comment.body, comment.email, comment.contact) == (left, "", None)

    def test_leaves_everybody_else_alone(self):
        make_comment(email="other@example.org", contact=make_contact(email="other@example.org"))
        before = list(Comment.objects.values())
        people.erase_address(ADDRESS)
        assert (list(Comment.objects.values()), Contact.objects.count()) == (before, 1)
