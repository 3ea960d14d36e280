"""What a writer types is saved, and takes nothing away that somebody else saved meanwhile."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from articles import editing
from articles.editing import Fate, Seen
from articles.models import Article, Publication, Source, Version
from articles.workflow import State
from tests.factories import make_article, make_author, make_image, make_staff, make_topic, make_version

pytestmark = pytest.mark.django_db

PAGE, OTHER_PAGE = "a" * 32, "b" * 32


def texts(body="New words.", **fields):
    return {**dict.fromkeys(editing.TEXTS, ""), "lead_image_id": None, "title": "Night cramps", "body": body, **fields}


def seen(version, page=PAGE, turn=1):
    return Seen(version.pk, version.lock, page, turn)


def save(version, body, *, by=None, **options):
    """(newest version, Fate) of saving a body over a version as it was read."""
    of = options.pop("seen", None) or seen(version)
    return editing.save(version.article, texts(body), options.pop("sources", []), by=by, seen=of, **options)


class Saving:
    def test_overwrites_the_one_draft_and_says_who_wrote_it(self):
        version, writer = make_version(make_article(published_at=None)), make_staff("writer")
        saved, fate = save(version, "First.", by=writer)
        saved, fate = save(saved, "Second.", by=writer)
        assert (saved.pk, saved.body, saved.edited_by, fate) == (version.pk, "Second.", writer, Fate.SAVED)
        assert "Second" in saved.html

    def test_begins_a_draft_where_readers_have_the_newest_text(self, client):
        live = make_article().live_version()
        draft, fate = save(live, "Not for readers yet.")
        assert (fate, draft.state, draft.based_on) == (Fate.BEGUN, State.DRAFT, live)
        assert "Not for readers yet" not in client.get(live.article.get_absolute_url()).text

    def test_is_refused_where_somebody_else_saved_since(self):
        version = make_version()
        mine = seen(version)
        save(version, "Theirs.", seen=seen(version, OTHER_PAGE))
        newest, fate = save(version, "Mine.", seen=mine)
        assert (newest.body, fate) == ("Theirs.", Fate.CONFLICT)

    def test_is_refused_where_somebody_else_began_the_next_draft(self):
        live = make_article().live_version()
        save(live, "Theirs.", seen=seen(live, OTHER_PAGE))
        newest, fate = save(live, "Mine.")
        assert (newest.body, fate, live.article.versions.count()) == ("Theirs.", Fate.CONFLICT, 2)

    def test_goes_on_in_a_new_draft_where_the_text_was_published_meanwhile(self):
        version = make_version()
        mine = seen(version)
        version.publish(by=None)
        newest, fate = save(version, "One more thought.", seen=mine)
        assert (newest.based_on, newest.body, fate) == (version, "One more thought.", Fate.BEGUN)

    def test_knows_its_own_text_whose_answer_was_lost(self):
        version = make_version()
        before = seen(version)
        save(version, "Typed.", seen=before)
        again = Seen(before.version, before.lock, PAGE, 2)
        assert save(version, "Typed, and more.", seen=again)[1] == Fate.SAVED
        assert Version.objects.get(pk=version.pk).body == "Typed, and more."

    def test_knows_the_draft_that_it_began_when_that_answer_was_lost(self):
        live = make_article().live_version()
        save(live, "Typed.")
        newest, fate = save(live, "Typed, and more.", seen=seen(live, turn=2))
        assert (newest.body, fate, live.article.versions.count()) == ("Typed, and more.", Fate.SAVED, 2)

    def test_keeps_the_newer_text_of_two_that_overtook_each_other(self):
        version = make_version()
        before = seen(version)
        save(version, "Newer.", seen=Seen(before.version, before.lock, PAGE, 3))
        assert save(version, "Older.", seen=Seen(before.version, before.lock, PAGE, 2))[1] == Fate.LATE
        assert Version.objects.get(pk=version.pk).body == "Newer."

    def test_of_the_same_text_is_no_conflict_and_no_change(self):
        version = make_version()
        mine = seen(version)
        save(version, "The same.", seen=seen(version, OTHER_PAGE))
        lock = Version.objects.get(pk=version.pk).lock
        assert save(version, "The same.", seen=mine)[1] == Fate.SAME
        assert Version.objects.get(pk=version.pk).lock == lock

    def test_knowingly_keeps_the_other_text_as_a_version(self):
        version = make_version()
        theirs, _ = save(version, "Theirs.", seen=seen(version, OTHER_PAGE))
        mine, fate = save(version, "Mine.", seen=seen(theirs), beside=True)
        assert (mine.body, fate, mine.based_on.body) == ("Mine.", Fate.BEGUN, "Theirs.")

    def test_makes_stored_pages_not_stale(self):
        version = make_version()
        before = Publication.objects.get().changes
        save(version, "Nobody reads this yet.")
        assert Publication.objects.get().changes == before

    @pytest.mark.parametrize("state", [State.IN_REVIEW, State.APPROVED])
    def test_takes_a_text_back_to_draft_that_somebody_answers_for(self, state):
        version, writer = make_version(state=state), make_staff("writer")
        sign_off = version.sign_off(by=make_author())
        saved, _ = save(version, "Changed.", by=writer)
        assert (saved.state, saved.transitions.get().by) == (State.DRAFT, writer)
        assert not sign_off.holds_for(saved)

    def test_of_an_unchanged_text_leaves_the_review_alone(self):
        version = make_version(state=State.IN_REVIEW, title="Night cramps", body="As it is.")
        save(version, "As it is.")
        version.refresh_from_db()
        assert version.state == State.IN_REVIEW

    def test_changes_the_seal_with_a_source(self):
        version = make_version()
        saved, _ = save(version, "Words.[^1]", sources=[source("Leg cramps")])
        assert saved.content_hash == saved.compute_hash() != version.content_hash


def source(title, **fields):
    return {"title": title, "publisher": "", "url": "", "read_on": None, **fields}


class AnyTwoPages(HypothesisTestCase):
    acts = st.lists(st.tuples(st.sampled_from([PAGE, OTHER_PAGE]), st.booleans()), max_size=12)

    @given(acts)
    def test_never_take_away_what_the_other_saved_unseen(self, acts):
        """Each saves in turn, now and then having loaded the page anew, and some answers are lost on the way."""
        version = make_version()
        known = {page: seen(version, page, 0) for page in (PAGE, OTHER_PAGE)}
        for number, (page, is_loaded) in enumerate(acts, 1):
            stored = Version.objects.get(pk=version.pk)
            if is_loaded:
                known[page] = seen(stored, page, number)
            mine = Seen(version.pk, known[page].lock, page, number)
            fate = save(version, f"{page} {number}", seen=mine)[1]
            may = stored.lock == mine.lock or stored.page == page
            assert fate == (Fate.SAVED if may else Fate.CONFLICT)
            assert Version.objects.get(pk=version.pk).body == (f"{page} {number}" if may else stored.body)


class Renumbering:
    @pytest.mark.parametrize(
        ("moved", "text"),
        [
            ({1: 2, 2: 1}, "a[^2] b[^1] c[^3]"),
            ({1: None, 2: 1, 3: 2}, "a[^?] b[^1] c[^2]"),
            ({}, "a[^1] b[^2] c[^3]"),
        ],
    )
    def test_lets_citations_follow_their_sources(self, moved, text):
        assert editing.renumber("a[^1] b[^2] c[^3]", moved) == text


class AnAddress:
    def test_is_one_that_no_article_has_or_had(self):
        make_article(slug="night-cramps")
        make_article().redirects.create(slug="night-cramps-2")
        assert editing.free_slug("Night cramps") == "night-cramps-3"
        assert editing.free_slug("???") == "untitled"


# The page


def form_of(page, **typed):
    """What a browser would send of the page: every field as it stands, with what was typed."""
    desk = page.context["desk"]
    fields = {}
    for form in (desk.seen, desk.text, desk.settings, desk.sources.management_form, *desk.sources):
        for field in form:
            value = field.value()
            if value is not None and value is not False and value != "":
                fields[field.html_name] = value
    return fields | typed


def signed_in(role):
    client = Client()
    client.user = make_staff(role)
    client.force_login(client.user)
    return client


def change_url(article):
    return reverse("admin:articles_article_change", args=[article.pk])


ADD = "/admin/articles/article/add/"


class TheEditor:
    def test_begins_an_article_with_text_sources_and_settings(self):
        client, topic = signed_in("writer"), make_topic()
        author = make_author(user=client.user)
        typed = {"title": "Leg cramps", "body": "Stretch.[^1]", "sources-0-title": "NHS", "topics": [topic.pk]}
        answer = client.post(ADD, form_of(client.get(ADD), **typed))
        article = Article.objects.get()
        version = article.newest_version()
        assert (answer.status_code, answer["Location"]) == (303, change_url(article))
        assert (article.slug, article.author, [*article.topics.all()]) == ("leg-cramps", author, [topic])
        assert (version.title, version.body, version.created_by) == ("Leg cramps", "Stretch.[^1]", client.user)
        assert version.sources.get().title == "NHS"

    def test_begins_one_article_however_often_it_is_sent(self):
        client = signed_in("writer")
        make_author(user=client.user)
        form = form_of(client.get(ADD), title="Leg cramps", body="Stretch.")
        for body in ("Stretch.", "Stretch.", "Stretch, and rest."):
            assert client.post(ADD, {**form, "body": body}).status_code == 303
        assert [version.body for version in Version.objects.all()] == ["Stretch, and rest."]

    def test_goes_on_with_an_address_of_its_own_though_the_first_answer_was_lost(self):
        client = signed_in("writer")
        make_author(user=client.user)
        form = form_of(client.get(ADD), title="Leg cramps", slug="my-own-address", body="First.")
        assert client.post("/admin/articles/article/autosave/", form).status_code == 200
        assert (
            client.post("/admin/articles/article/autosave/", form | {"body": "Second.", "turn": 2}).status_code == 200
        )
        assert client.post(ADD, form | {"body": "Third.", "turn": 3}).status_code == 303
        assert Version.objects.get().body == "Third."

    def test_says_that_settings_alone_were_saved(self):
        client, article = signed_in("editor"), make_article()
        form = form_of(client.get(change_url(article)), slug="another-address")
        page = client.post(change_url(article), form, follow=True).text
        assert "Saved at" in page and "saved already" not in page
        assert Article.objects.get().slug == "another-address"

    def test_names_nobody_in_the_log_for_what_they_did_not_change(self):
        mine, theirs, version = signed_in("writer"), signed_in("editor"), make_version(title="T", body="Old.")
        form = form_of(mine.get(change_url(version.article)))
        theirs.post(change_url(version.article), form_of(theirs.get(change_url(version.article)), body="Theirs."))
        mine.post(change_url(version.article), form)
        assert [entry.user for entry in LogEntry.objects.all()] == [theirs.user]

    def test_changes_the_draft_and_leads_back_to_itself(self):
        client, version = signed_in("writer"), make_version(make_article(published_at=None))
        url = change_url(version.article)
        answer = client.post(url, form_of(client.get(url), body="  Indented.\r\n\r\nMore.\r\n"))
        version.refresh_from_db()
        assert (answer.status_code, version.body) == (303, "  Indented.\n\nMore.\n")

    def test_keeps_everything_typed_where_something_does_not_fit(self):
        client, version = signed_in("writer"), make_version(make_article(published_at=None))
        url = change_url(version.article)
        answer = client.post(url, form_of(client.get(url), title="x" * 201, body="A whole <evening>."))
        assert answer.status_code == 422
        assert "A whole &lt;evening&gt;." in answer.text and "x" * 201 in answer.text
        assert "201 characters" in answer.text

    def test_stores_a_draft_with_anything_that_only_readers_must_not_get(self):
        client, version = signed_in("writer"), make_version(make_article(published_at=None))
        url = change_url(version.article)
        typed = {"body": "::: urgent Watch out", "summary": "s" * 400, "sources-0-url": "nhs"}
        assert client.post(url, form_of(client.get(url), **typed)).status_code == 303
        page = client.get(url).text
        assert "ends in" in page or "must end in" in page
        assert "Source 1 has no title." in page and "400 characters" in page

    def test_shows_both_texts_where_somebody_else_was_faster(self):
        mine, theirs, version = signed_in("writer"), signed_in("editor"), make_version(title="T", body="Old.")
        url = change_url(version.article)
        form = form_of(mine.get(url), body="My <own> evening.")
        theirs.post(url, form_of(theirs.get(url), body="Their words."))
        answer = mine.post(url, form)
        assert answer.status_code == 409
        page = re.sub(r"</?(del|ins)>", "", answer.text)
        assert "My &lt;own&gt; evening." in page and "Their words." in page
        assert Version.objects.get(pk=version.pk).body == "Their words."

    def test_saves_mine_knowingly_beside_theirs(self):
        mine, theirs, version = signed_in("writer"), signed_in("editor"), make_version(title="T", body="Old.")
        url = change_url(version.article)
        form = form_of(mine.get(url), body="Mine.")
        theirs.post(url, form_of(theirs.get(url), body="Theirs."))
        again = dict(mine.post(url, form).context["fields"])
        assert mine.post(url, {name: "" if v is None else v for name, v in again.items()}).status_code == 303
        bodies = version.article.versions.values_list("body", flat=True)
        assert list(bodies)[:2] == ["Mine.", "Theirs."]

    def test_says_that_it_was_myself_in_another_tab(self):
        client, version = signed_in("writer"), make_version(title="T", body="Old.")
        url = change_url(version.article)
        first, second = client.get(url), client.get(url)
        client.post(url, form_of(second, body="In the other tab."))
        answer = client.post(url, form_of(first, body="In this tab."))
        assert answer.status_code == 409 and "You saved this article yourself" in answer.text

    def test_of_a_page_where_nothing_was_typed_shows_the_newer_text(self):
        client, version = signed_in("writer"), make_version(title="T", body="Old.")
        url = change_url(version.article)
        form = form_of(client.get(url))
        signed_in("editor").post(url, form_of(client.get(url), body="Newer."))
        answer = client.post(url, form, follow=True)
        assert answer.status_code == 200 and "You had changed nothing" in answer.text
        assert Version.objects.get(pk=version.pk).body == "Newer."

    def test_lets_citations_follow_a_source_that_is_taken_out(self):
        client, version = signed_in("writer"), make_version(body="a[^1] b[^2] c[^3]")
        version.set_sources([source("One"), source("Two"), source("Three")])
        url = change_url(version.article)
        client.post(url, form_of(client.get(url), **{"sources-0-gone": "on", "sources-2-position": "2"}))
        version.refresh_from_db()
        assert [row.title for row in version.sources.all()] == ["Three", "Two"]
        assert version.body == "a[^?] b[^2] c[^1]"

    def test_of_a_live_article_lets_a_writer_change_its_text_and_not_its_settings(self):
        client, article = signed_in("writer"), make_article(slug="night-cramps")
        url = change_url(article)
        form = form_of(client.get(url), body="Better.", slug="mine", comment_policy="closed")
        assert client.post(url, form).status_code == 303
        article.refresh_from_db()
        assert (article.slug, article.comment_policy) == ("night-cramps", "open")
        assert article.newest_version().body == "Better." != article.live_version().body

    def test_leaves_settings_that_somebody_else_changed_meanwhile_and_says_so(self):
        mine, theirs, article = signed_in("editor"), signed_in("editor"), make_article()
        url = change_url(article)
        form = form_of(mine.get(url), body="Better.", review_every=90)
        theirs.post(url, form_of(theirs.get(url), comment_policy="closed"))
        answer = mine.post(url, form, follow=True)
        article.refresh_from_db()
        assert (article.comment_policy, article.review_every) == ("closed", 730)
        assert article.newest_version().body == "Better."
        assert "yours were not taken" in answer.text
        mine.post(url, form_of(answer, review_every=90))
        article.refresh_from_db()
        assert (article.comment_policy, article.review_every) == ("closed", 90)

    def test_lets_the_address_follow_the_title_until_readers_know_it(self):
        client = signed_in("editor")
        make_author(user=client.user)
        client.post(ADD, form_of(client.get(ADD), title="Ni"))
        article = Article.objects.get()
        client.post(
            change_url(article), form_of(client.get(change_url(article)), title="Night cramps", summary="S", body="B")
        )
        article.refresh_from_db()
        assert article.slug == "night-cramps"
        article.newest_version().publish(by=None)
        client.post(change_url(article), form_of(client.get(change_url(article)), title="Cramps"))
        article.refresh_from_db()
        assert article.slug == "night-cramps"

    @pytest.mark.parametrize(("role", "status"), [("reviewer", 403), ("moderator", 403)])
    def test_changes_nothing_for_who_may_only_read(self, role, status):
        version = make_version(body="As it was.")
        form = form_of(signed_in("writer").get(change_url(version.article)), body="Forged.")
        assert signed_in(role).post(change_url(version.article), form).status_code == status
        assert Version.objects.get(pk=version.pk).body == "As it was."

    def test_shows_no_draft_to_a_moderator(self):
        version = make_version(make_article(published_at=None), title="Secret", body="canary-7")
        client = signed_in("moderator")
        page = client.get(change_url(version.article))
        assert page.status_code == 200 and "canary-7" not in page.text and "Secret" not in page.text
        assert client.get(f"/admin/articles/article/{version.article_id}/preview/").status_code == 403

    def test_gives_back_what_was_typed_to_whose_session_ended(self):
        client, version = signed_in("writer"), make_version(body="Old.")
        url = change_url(version.article)
        form = form_of(client.get(url), body="Typed for an hour.")
        client.logout()
        answer = client.post(url, form)
        assert answer.status_code == 403
        assert "Typed for an hour." in answer.text and f'value="{form["page"]}"' in answer.text

    def test_gives_back_what_was_typed_where_the_token_is_an_older_one(self):
        client = Client(enforce_csrf_checks=True)
        client.force_login(make_staff("writer"))
        url = change_url(make_version().article)
        own = {"Sec-Fetch-Site": "same-origin"}
        answer = client.post(url, {"title": "T", "body": "Typed for an hour."}, headers=own)
        assert answer.status_code == 403 and "Typed for an hour." in answer.text
        assert "Typed" not in client.post(url, {"body": "Typed"}, headers={"Sec-Fetch-Site": "cross-site"}).text


class Autosave:
    def url(self, article):
        return f"/admin/articles/article/{article.pk}/autosave/"

    def test_saves_over_the_one_draft_and_answers_with_the_new_lock(self):
        client, version = signed_in("writer"), make_version(make_article(published_at=None))
        form = form_of(client.get(change_url(version.article)))
        for turn in (2, 3):
            answer = client.post(self.url(version.article), form | {"body": f"Typed {turn}", "turn": turn}).json()
        version.refresh_from_db()
        assert (version.body, answer["lock"], answer["version"]) == ("Typed 3", version.lock, version.pk)
        assert version.article.versions.count() == 2

    def test_begins_the_article_with_the_first_words(self):
        client = signed_in("writer")
        make_author(user=client.user)
        form = form_of(client.get(ADD), body="The first wor")
        answer = client.post("/admin/articles/article/autosave/", form).json()
        article = Article.objects.get()
        assert (article.newest_version().body, article.slug) == ("The first wor", "untitled")
        assert answer["addresses"]["save"] == change_url(article)

    def test_is_not_the_end_of_a_source_that_was_typed_before_it(self):
        client, version = signed_in("writer"), make_version(make_article(published_at=None))
        form = form_of(client.get(change_url(version.article)), **{"sources-0-title": "NHS"})
        saved = client.post(self.url(version.article), form | {"turn": 2}).json()
        page = form | {"version": saved["version"], "lock": saved["lock"], "body": "More."}
        assert client.post(self.url(version.article), page | {"turn": 3}).status_code == 200
        assert [row.title for row in version.sources.all()] == ["NHS"]

    def test_says_who_was_faster(self):
        client, version = signed_in("writer"), make_version(title="T")
        form = form_of(client.get(change_url(version.article)), body="Mine.")
        other = signed_in("editor")
        other.post(change_url(version.article), form_of(other.get(change_url(version.article)), body="Theirs."))
        answer = client.post(self.url(version.article), form)
        assert (answer.status_code, answer.json()["by"]) == (409, str(other.user))

    def test_leaves_the_address_of_a_live_article_to_the_button(self):
        client, article = signed_in("editor"), make_article(slug="night-cramps")
        form = form_of(client.get(change_url(article)), slug="night-cra", body="New.")
        assert client.post(self.url(article), form).status_code == 200
        article.refresh_from_db()
        assert (article.slug, article.newest_version().body) == ("night-cramps", "New.")

    @pytest.mark.parametrize(
        ("typed", "waits"), [({"body": "New."}, False), ({"slug": "new"}, True), ({"slug": "ü/"}, True)]
    )
    def test_says_that_settings_of_a_live_article_wait_for_the_button(self, typed, waits):
        client, article = signed_in("editor"), make_article()
        form = form_of(client.get(change_url(article)), **typed)
        assert client.post(self.url(article), form).json()["settings_wait"] is waits

    def test_says_what_does_not_fit(self):
        client, version = signed_in("writer"), make_version()
        form = form_of(client.get(change_url(version.article)), title="x" * 300)
        answer = client.post(self.url(version.article), form)
        assert answer.status_code == 422 and "300 characters" in answer.json()["errors"][0]


class ThePreview:
    def test_is_the_public_page_with_the_text_as_it_is_typed(self):
        client, article = signed_in("writer"), make_article(title="Old title")
        form = form_of(
            client.get(change_url(article)), title="New <title>", body="::: urgent See a doctor if:\n- it hurts\n:::"
        )
        page = client.post(f"/admin/articles/article/{article.pk}/preview/", form)
        assert "New &lt;title&gt;" in page.text and "care-card--urgent" in page.text
        assert article.newest_version().title == "Old title"

    def test_alone_may_be_framed_and_by_this_site_alone(self):
        client, article = signed_in("writer"), make_article()
        page = client.get(f"/admin/articles/article/{article.pk}/preview/")
        assert "frame-ancestors 'self'" in page["Content-Security-Policy"]
        assert page["X-Frame-Options"] == "SAMEORIGIN"
        assert "frame-ancestors 'none'" in client.get(change_url(article))["Content-Security-Policy"]

    def test_is_there_before_the_article_is(self):
        client = signed_in("writer")
        author, image = make_author(), make_image()
        typed = {"title": "Leg cramps", "body": "Words.[^1]", "sources-0-title": "NHS", "author": author.pk}
        form = form_of(client.get(ADD), **typed, lead_image=image.pk)
        page = client.post("/admin/articles/article/preview/", form).text
        assert "Leg cramps" in page and author.name in page and 'id="source-1"' in page
        assert client.get("/admin/articles/article/preview/").status_code == 200
        assert not Article.objects.exists() and not Source.objects.exists()

    def test_claims_the_review_that_the_page_claims_until_a_word_changes(self):
        client, article = signed_in("editor"), make_article(body="One.\n\nTwo.")
        article.live_version().sign_off(by=make_author(name="Dr. Lind"))
        form = form_of(client.get(change_url(article)), body="One.\r\n\r\nTwo.")
        url = f"/admin/articles/article/{article.pk}/preview/"
        assert "Medically reviewed by" in client.post(url, form).text
        assert "Medically reviewed by" not in client.post(url, form | {"body": "One.\r\n\r\nThree."}).text

    def test_shows_when_a_source_was_read_and_does_without_a_picture_that_is_gone(self):
        client, article = signed_in("writer"), make_article()
        url = f"/admin/articles/article/{article.pk}/preview/"
        source = {"sources-0-title": "NHS", "sources-0-read_on": "2026-01-02"}
        assert "Read 2 Jan 2026" in client.post(url, form_of(client.get(change_url(article)), **source)).text
        form = form_of(client.get(change_url(article)), lead_image="99999", **source)
        assert client.post(url, form).status_code == 200

    def test_marks_long_sentences_and_paragraphs(self):
        long = "This sentence goes on and on with " + "word " * 20 + "end."
        client, article = signed_in("writer"), make_article()
        form = form_of(client.get(change_url(article)), body=f"Short. {long}\n\nA. Bb. Cc. Dd. Ee.")
        page = client.post(f"/admin/articles/article/{article.pk}/preview/", form).text
        assert '<mark class="long-sentence" title="28 words">This sentence' in page
        assert '<mark class="long-paragraph">' in page
        assert "long-sentence" not in client.get(article.get_absolute_url()).text


class Publishing:
    def test_by_a_person_is_refused_with_the_line_that_is_wrong(self):
        editor = signed_in("editor")
        version = make_version(
            make_article(published_at=None), summary="S.", body="Fine.\n\n::: urgent Watch out\n- pain\n:::"
        )
        url = reverse("admin:articles_version_press", args=[version.pk])
        page = editor.post(url, {"do": "publish", "seen": version.content_hash}, follow=True)
        version.refresh_from_db()
        assert "Line 3: the heading “Watch out” must end in “if:”" in page.text
        assert version.state == State.DRAFT


class WhatAReviewerSaid:
    """It stands beside the text of who writes."""

    def page(self, article):
        client = Client()
        client.force_login(make_staff("writer"))
        return client.get(reverse("admin:articles_article_change", args=[article.pk])).text

    def test_is_shown_until_it_is_settled(self):
        version = make_version(make_article(published_at=None))
        remark = version.remarks.create(passage="Give 10 ml", words="Too <b>much</b>.")
        page = self.page(version.article)
        assert "Give 10 ml" in page and "Too &lt;b&gt;much&lt;/b&gt;." in page
        remark.settle(by=None)
        assert "Give 10 ml" not in self.page(version.article)

    def test_of_the_text_before_is_shown_beside_its_successor(self):
        article = make_article()
        article.live_version().remarks.create(words="The dose is wrong.")
        make_version(article)
        assert "The dose is wrong." in self.page(article)

    def test_tells_why_it_was_sent_back_until_it_is_sent_again(self):
        version = make_version(make_article(published_at=None), state="review")
        version.move("send_back", by=None, reason="The dose is wrong.")
        assert "The dose is wrong." in self.page(version.article)
        version.move("submit", by=None)
        assert "The dose is wrong." not in self.page(version.article)
