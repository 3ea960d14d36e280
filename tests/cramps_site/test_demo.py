"""What `manage.py demo` promises: a lively site, once however often, and never where its password could be tried."""

from datetime import datetime, timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from articles import renditions
from articles.models import Article, Author, SignOff, Version
from comments.models import Comment, Decision, Status
from cramps_site.demo import loading
from cramps_site.lib.models import OutgoingMail
from newsletter.models import Consent, Issue, IssueArticle, Subscriber

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(autouse=True)
def debug(settings):
    settings.DEBUG = True


@pytest.fixture(autouse=True, scope="module")
def small_pictures():
    """One small rendition a picture instead of nine: what pictures promise is tested beside them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(renditions, "WIDTHS", (64,))
        patch.setattr(renditions, "FORMATS", {"jpeg": {}})
        yield


@pytest.fixture
def demo(capsys):
    """Run the command; what it printed."""

    def demo():
        call_command("demo")
        return capsys.readouterr().out

    return demo


def rows():
    """Every row of the site's own tables."""
    models = [
        model
        for app in ("articles", "comments", "newsletter", "auth", "account")
        for model in apps.get_app_config(app).get_models()
    ]
    return {model._meta.label: list(model.objects.order_by("pk").values()) for model in models}


class Loading:
    def test_is_refused_in_production(self, demo, settings):
        settings.DEBUG = False
        with pytest.raises(CommandError, match="only with DEBUG on"):
            demo()
        assert not User.objects.exists()

    def test_twice_changes_nothing(self, demo):
        assert "articles 12" in demo()
        before = rows()
        assert "nothing new" in demo()
        assert rows() == before

    @pytest.mark.parametrize(
        ("verbs", "name"),
        [
            (EmailAddress.objects, "create"),
            (Version, "sign_off"),
            (Comment, "approve"),
            (Consent.objects, "create"),
            (IssueArticle.objects, "create"),
        ],
        ids=["staff", "article", "comment", "subscriber", "issue"],
    )
    def test_that_was_interrupted_is_completed_by_the_next_run(self, demo, monkeypatch, verbs, name):
        verb, calls = getattr(verbs, name), []

        def interrupted(*args, **fields):
            calls.append(fields)
            if len(calls) == 2:
                raise KeyboardInterrupt
            return verb(*args, **fields)

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(verbs, name, interrupted)
            demo()
        demo()
        models = (EmailAddress, Article, SignOff, Comment, Consent, IssueArticle)
        assert [model.objects.count() for model in models] == [6, 12, 9, 45, 17, 3]
        assert (Comment.objects.pending().count(), Decision.objects.count()) == (9, 36)

    def test_keeps_what_staff_changed(self, demo):
        demo()
        Article.objects.filter(slug="night-cramps").update(comment_policy="closed")
        draft = Article.objects.get(slug="stretching").live_version().successor(by=User.objects.get(username="editor"))
        before = rows()
        demo()
        assert rows() == before
        assert draft.is_editable

    def test_queues_no_mail(self, demo):
        demo()
        assert not OutgoingMail.objects.exists()

    def test_under_a_clock_that_is_behind_shows_everything_all_the_same(self, demo, client):
        with time_machine.travel(datetime(2026, 2, 1, 6)):
            demo()
            assert Article.objects.published().count() == 12
            assert SignOff.objects.shown().count() == 9
            assert Issue.objects.get().sent_at < timezone.now()


class TheDemo:
    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def loaded(cls, django_db_setup, django_db_blocker):
        """Loaded once for all of these; each test's own changes are undone as ever."""
        with django_db_blocker.unblock(), transaction.atomic():
            loading.load()
            yield
            transaction.set_rollback(True)

    def test_shows_every_article_with_its_picture_and_card(self, client):
        articles = Article.objects.published()
        assert len(articles) >= 12
        for article in articles:
            page = client.get(article.get_absolute_url())
            assert page.status_code == 200
            assert "<picture" in page.content.decode() and "care-card" in page.content.decode()

    def test_shows_its_lists_people_and_issue(self, client):
        urls = ["/", "/newsletter/", Issue.objects.get().get_absolute_url()]
        urls += [author.get_absolute_url() for author in Author.objects.all()]
        for url in urls:
            assert client.get(url).status_code == 200, url

    def test_published_each_article_on_its_day(self):
        at = timezone.localtime(Article.objects.get(slug="night-cramps").first_published_at)
        assert at.hour == 8 and at <= timezone.now()

    def test_shows_signed_reviews_and_articles_that_wait_for_one(self, client):
        assert SignOff.objects.shown().values("version__article").distinct().count() == 9
        assert "Medically reviewed" in client.get("/articles/night-cramps/").content.decode()
        assert "Not yet medically reviewed" in client.get("/articles/stretching/").content.decode()

    @pytest.mark.parametrize("status", Status.values)
    def test_has_comments_in_every_state(self, status):
        assert Comment.objects.filter(status=status).exists()

    def test_decided_on_comments_before_they_were_answered(self):
        for decision in Decision.objects.select_related("comment"):
            replies = decision.comment.replies.values_list("created_at", flat=True)
            assert decision.comment.created_at < decision.at <= min([*replies, timezone.now()])

    def test_has_a_moderator_s_name_on_every_decision_but_the_writers_own(self):
        for decision in Decision.objects.select_related("by"):
            assert (decision.by and decision.by.username) == (
                None if decision.to_status == "withdrawn" else "moderator"
            )

    def test_tells_every_rejected_writer_why(self):
        assert not Decision.objects.filter(to_status="rejected", reason="").exists()

    def test_marks_the_author_s_answers(self):
        reply = Comment.objects.get(body__startswith="Good to hear")
        assert reply.is_by_author and reply.parent.name == "Jonas"

    def test_shows_nothing_that_is_not_approved(self, client):
        page = client.get("/articles/night-cramps/").content.decode()
        for comment in Comment.objects.filter(article__slug="night-cramps").exclude(status="approved"):
            assert comment.body[:20] not in page

    @pytest.mark.parametrize("name", loading.STAFF)
    def test_lets_its_staff_sign_in_and_set_up_a_second_factor(self, client, name):
        user = User.objects.get(username=name)
        assert user.is_staff and user.is_superuser == (name == "admin")
        assert [group.name for group in user.groups.all()] == ([] if name == "admin" else [name])
        address = EmailAddress.objects.get(user=user)
        assert (address.email, address.verified, address.primary) == (f"{name}@example.org", True, True)
        client.post("/accounts/login/", {"login": name, "password": "cramps-demo"})
        assert client.get("/admin/").status_code == 200

    def test_lets_the_reviewer_sign_as_the_person_on_the_page(self):
        assert User.objects.get(username="reviewer").author.name == "Prof. Samuel Okafor"

    def test_has_subscribers_with_what_they_agreed_to(self):
        facts = {
            subscriber.email: [c.fact for c in subscriber.consents.all()] for subscriber in Subscriber.objects.all()
        }
        assert facts["jonas.berg@example.org"] == ["asked", "confirmed"]
        assert facts["former.reader@example.org"] == ["asked", "confirmed", "left"]
        assert facts["new.parent@example.org"] == ["asked"]
        assert Subscriber.objects.active().count() == 6

    def test_sent_its_issue_with_its_articles_in_order(self):
        issue = Issue.objects.public().get()
        assert [entry.article.slug for entry in issue.entries.all()] == [
            "fever-seizures",
            "what-to-tell-the-doctor",
            "night-cramps",
        ]


def test_every_comment_is_younger_than_its_article():
    documents = {document.slug: document for document in loading._read_documents()}
    first_day = max(document.published for document in documents.values()) + loading.NEWEST
    for fields in loading._read("comments"):
        assert first_day - timedelta(days=fields["days_ago"]) > documents[fields["article"]].published
