"""Every way by which a text that nobody signed could pass for a reviewed one. None of them does."""

from datetime import timedelta
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from articles import reviewing
from articles.models import SignOff, Source, Version
from tests.access.test_roles import press, signed_in
from tests.articles.test_editing import form_of
from tests.factories import make_article, make_author, make_image, make_version

pytestmark = pytest.mark.django_db
SIGNED_FIELDS = {
    "title": "Night cramps!",
    "summary": "Other words.",
    "body": "Stretch the thigh.",
    "disclaimer": "Ask nobody.",
    "correction": "It was wrong.",
    "lead_image_alt": "A bent foot",
}


def page_of(article):
    return Client().get(article.get_absolute_url()).text


def claims(article):
    page = page_of(article)
    assert ("Medically reviewed by" in page) == ("lastReviewed" in page) == ("reviewedBy" in page)
    return "Medically reviewed by" in page


@pytest.fixture
def article():
    """One whose live text is signed."""
    article = make_article(summary="What helps.", sources=[{"title": "Leg cramps", "publisher": "NHS", "url": ""}])
    article.live_version().sign_off(by=make_author())
    assert claims(article)
    return article


def replace(article, **fields):
    draft = article.live_version().successor(by=None)
    vars(draft).update(fields)
    draft.save()
    draft.publish(by=None)


class AnotherText:
    @pytest.mark.parametrize("field", SIGNED_FIELDS)
    def test_that_takes_the_place_of_the_signed_one_claims_nothing(self, article, field):
        replace(article, **{field: SIGNED_FIELDS[field]})
        assert not claims(article)

    def test_with_another_picture_claims_nothing(self, article):
        replace(article, lead_image_id=make_image().pk)
        assert not claims(article)

    @pytest.mark.parametrize("change", [lambda source: source.delete(), lambda source: retitle(source)])
    def test_with_other_sources_claims_nothing(self, article, change):
        change(Source.objects.get())
        assert not claims(article)

    def test_sent_by_a_forged_form_of_the_editor_claims_nothing(self, article):
        signed = article.live_version()
        client, url = signed_in("editor"), reverse("admin:articles_article_change", args=[article.pk])
        forged = {"content_hash": signed.content_hash, "state": "published", "sign_offs": "1"}
        client.post(url, form_of(client.get(url), body="Stretch the thigh.", **forged))
        draft = article.newest_version()
        assert draft.body == "Stretch the thigh."
        press(client, draft, "publish", content_hash=signed.content_hash)
        assert article.live_version() == draft
        assert not claims(article)

    @pytest.mark.parametrize("field", [*SIGNED_FIELDS, "lead_image"])
    def test_cannot_be_put_under_a_seal_by_a_query(self, article, field):
        with pytest.raises(ValueError, match="seal"):
            Version.objects.update(**{field: None})
        with pytest.raises(ValueError, match="seal"):
            Version.objects.bulk_update([article.live_version()], [field])

    def test_cannot_get_other_sources_by_a_query(self, article):
        with pytest.raises(ValueError, match="seal"):
            Source.objects.update(title="Another")
        with pytest.raises(ValueError, match="seal"):
            Source.objects.all().delete()

    def test_of_which_only_the_draft_was_signed_claims_nothing_before_it_is_live(self):
        article = make_article()
        draft = make_version(article)
        draft.sign_off(by=make_author())
        assert not claims(article)
        draft.publish(by=None)
        assert claims(article)


def test_a_review_is_listed_wherever_the_page_claims_it(client):
    """The words that were signed are live again in another version, and the one that was signed says something else."""
    article, reviewer = make_article(published_at=None, title="Signed", body="Signed."), make_author()
    first = article.newest_version()
    first.sign_off(by=reviewer)
    first.title = first.body = "Edited."
    first.save()
    first.publish(by=None)
    assert not claims(article) and not reviewer.sign_offs.shown().exists()
    make_version(article, title="Signed", body="Signed.").publish(by=None)
    assert claims(article)
    assert [sign_off.live_title for sign_off in reviewer.sign_offs.shown()] == ["Signed"]
    page = client.get(reviewer.get_absolute_url()).text
    assert "Signed</a>" in page and "Edited." not in page


def retitle(source):
    source.title = "Cramps of the leg"
    source.save()


class ASignature:
    def test_that_has_lapsed_or_is_of_tomorrow_claims_nothing(self, article):
        with time_machine.travel(timezone.now() + timedelta(days=800)):
            assert not claims(article)
        with time_machine.travel(SignOff.objects.get().signed_at - timedelta(seconds=1)):
            assert not claims(article)

    def test_ends_when_the_reviewer_sends_the_same_text_back(self, article):
        reviewer = SignOff.objects.get().reviewer
        reviewer.email = "okafor@example.org"
        reviewer.save()
        asked = reviewing.ask(article.live_version(), reviewer, by=None)
        assert reviewing.send_back(asked, reason="The dose is wrong.", seen=asked.content_hash)
        assert not claims(article)

    def test_ends_when_the_reviewer_sends_it_back_in_the_admin(self):
        client, draft = signed_in("reviewer"), make_version(make_article(published_at=None), state="approved")
        make_author(user=client.user)
        press(client, draft, "sign", seen=draft.content_hash)
        press(client, draft, "send_back", reason="The dose is wrong.")
        draft.refresh_from_db()
        draft.publish(by=None)
        assert draft.sign_offs.count() == 1
        assert not claims(draft.article)

    def test_of_a_reviewer_is_not_ended_by_an_editor(self, article):
        draft = article.live_version().successor(by=None)
        draft.move("submit", by=None)
        press(signed_in("editor"), draft, "send_back", reason="Later.")
        assert claims(article)

    def test_is_refused_to_who_is_no_reviewer_any_more(self, article):
        client, draft = signed_in("reviewer"), make_version()
        make_author(user=client.user)
        client.user.groups.clear()
        assert press(client, draft, "sign", seen=draft.content_hash).status_code == 403
        assert not draft.sign_offs.exists()


class SealingAnew:
    def seal(self):
        import_module("articles.migrations.0021_seal_all_that_is_signed").seal_all(apps, None)

    def test_keeps_what_was_signed_and_makes_nothing_signed_that_was_not(self, article):
        unsigned = make_article()
        unsigned.live_version().sign_off(by=make_author())
        Version.objects.update(content_hash="a" * 64)
        SignOff.objects.filter(version__article=article).update(content_hash="a" * 64)
        SignOff.objects.filter(version__article=unsigned).update(content_hash="b" * 64)
        self.seal()
        assert all(version.content_hash == version.compute_hash() for version in Version.objects.all())
        assert claims(article)
        assert not claims(unsigned)

    def test_still_knows_an_imported_text_that_nobody_touched(self):
        article = make_article()
        Version.objects.update(content_hash="a" * 64)
        type(article).objects.update(source_hash="d" * 32 + "a" * 32)
        self.seal()
        article.refresh_from_db()
        assert article.source_hash == "d" * 32 + article.live_version().content_hash[:32]
