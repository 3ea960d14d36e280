"""Each role does its work in the admin, by hand as it were, and finds no way around its limits."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse

from articles.models import Author, SignOff, Version
from cramps_site.roles import ROLES, make_groups
from tests.access.the_site import checksum
from tests.articles.test_editing import form_of
from tests.factories import make_article, make_author, make_comment, make_staff, make_subscriber, make_version

pytestmark = pytest.mark.django_db


def signed_in(role, **fields):
    client = Client()
    client.user = make_staff(role, **fields)
    client.force_login(client.user)
    return client


def act(client, action, *rows, **data):
    """Choose an action for rows in their list."""
    meta = rows[0]._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    query = "?status=all" if meta.model_name == "comment" else ""
    return client.post(url + query, {"action": action, "_selected_action": [row.pk for row in rows], **data})


def press(client, version, do, **fields):
    """Press a button of a version's page, as it was shown of `version`."""
    return client.post(
        f"/admin/articles/version/{version.pk}/press/", {"do": do, "seen": version.content_hash, **fields}
    )


def sign(client, version, **fields):
    return press(client, version, "sign", **fields)


class AModerator:
    @pytest.mark.parametrize(("action", "status"), [("approve", "approved"), ("reject", "rejected"), ("spam", "spam")])
    def test_decides_in_their_own_name(self, action, status):
        comment, client = make_comment(), signed_in("moderator")
        act(client, action, comment, reason="Off the subject.")
        comment.refresh_from_db()
        assert (comment.status, comment.last_decision().by) == (status, client.user)

    def test_cannot_reword_a_comment_nor_put_a_status_on_it_by_its_form(self):
        comment, client = make_comment(), signed_in("moderator")
        before = checksum()["comments_comment"]
        url = reverse("admin:comments_comment_change", args=[comment.pk])
        client.post(
            url, {"status": "approved", "body": "Mine", "decisions-TOTAL_FORMS": 0, "decisions-INITIAL_FORMS": 0}
        )
        assert checksum()["comments_comment"] == before

    def test_is_shown_no_address(self):
        subscriber = make_subscriber()
        comment = make_comment(email="parent@example.org")
        client = signed_in("moderator")
        assert client.get("/admin/newsletter/subscriber/").status_code == 403
        page = client.get(reverse("admin:comments_comment_change", args=[comment.pk])).text
        start = client.get("/admin/").text
        assert "parent@example.org" not in page
        assert subscriber.email not in start + page
        assert "ubscribers" not in start


class AWriter:
    def test_cannot_publish_by_the_press_nor_by_a_field_of_the_form(self):
        draft, client = make_version(make_article(published_at=None)), signed_in("writer")
        assert press(client, draft, "publish").status_code == 403
        url = reverse("admin:articles_article_change", args=[draft.article_id])
        forged = {"state": "published", "publish_at": "2020-01-01", "content_hash": "0" * 64}
        client.post(url, form_of(client.get(url), title="New", **forged))
        draft.refresh_from_db()
        assert (draft.title, draft.state, draft.publish_at) == ("New", "draft", None)

    def test_cannot_touch_a_text_that_the_public_reads(self):
        article, client = make_article(), signed_in("writer")
        version = article.live_version()
        for page in ("change", "delete"):
            assert client.post(reverse(f"admin:articles_version_{page}", args=[version.pk])).status_code == 403
        assert press(client, version, "retire").status_code == 403
        act(client, "retire", article)
        assert article.live_version() == version

    def test_cannot_sign_off(self):
        draft, client = make_version(), signed_in("writer")
        make_author(user=client.user)
        assert sign(client, draft).status_code == 403
        assert not SignOff.objects.exists()


class AModeratorOfComments:
    def test_finds_no_draft_by_its_title(self):
        make_article(slug="a-slug", title="Zebrafish recall", published_at=None)
        client = signed_in("moderator")
        assert "a-slug" not in client.get("/admin/articles/article/?q=Zebrafish").text
        assert "a-slug" in client.get("/admin/articles/article/?q=a-slug").text


class AReviewer:
    def test_signs_as_the_author_that_their_account_is(self):
        draft, client = make_version(), signed_in("reviewer")
        me, other = make_author(user=client.user), make_author()
        sign(client, draft, by=other.pk, author=other.pk)
        assert [sign_off.reviewer for sign_off in SignOff.objects.all()] == [me]

    def test_without_an_author_signs_nothing(self):
        draft, client = make_version(), signed_in("reviewer")
        sign(client, draft)
        assert not SignOff.objects.exists()

    def test_signs_no_text_that_was_not_on_the_page(self):
        draft, client = make_version(), signed_in("reviewer")
        make_author(user=client.user)
        for seen in ("", "0" * 64):
            press(client, draft, "sign", seen=seen)
        assert not SignOff.objects.exists()

    def test_cannot_change_what_they_sign_nor_publish_it(self):
        draft, client = make_version(), signed_in("reviewer")
        url = reverse("admin:articles_version_change", args=[draft.pk])
        assert client.get(url).status_code == 200
        assert client.post(url, {"title": "Mine"}).status_code == 403
        assert press(client, draft, "publish").status_code == 403
        draft.refresh_from_db()
        assert (draft.title, draft.state) == ("A draft", "draft")


class AnEditor:
    def test_gives_nobody_an_address_at_which_to_sign(self):
        reviewer, client = make_author(email="doctor@example.org"), signed_in("editor")
        for url in (reverse("admin:articles_author_change", args=[reviewer.pk]), reverse("admin:articles_author_add")):
            assert client.get(url).status_code == 200
            client.post(url, {"name": "Dr Real", "slug": "dr-real", "email": "mine@example.org"})
        assert set(Author.objects.filter(name="Dr Real").values_list("email", flat=True)) <= {"doctor@example.org", ""}

    @pytest.mark.parametrize("do", ["publish", "approve"])
    def test_presses_nothing_for_a_text_that_they_did_not_see(self, do):
        draft, client = make_article(published_at=None, summary="What helps.").newest_version(), signed_in("editor")
        press(client, draft, do, seen="0" * 64)
        press(client, draft, do, seen="")
        assert Version.objects.get().state == "draft"
        press(client, draft, do)
        assert Version.objects.get().state != "draft"

    def test_publishes_and_retires(self):
        article, client = make_article(published_at=None, summary="What helps at night."), signed_in("editor")
        press(client, article.versions.get(), "publish")
        assert Client().get(article.get_absolute_url()).status_code == 200
        confirmed = {"action": "retire", "_selected_action": [article.pk], "confirm": "1"}
        client.post("/admin/articles/article/", confirmed)
        assert Client().get(article.get_absolute_url()).status_code == 410

    def test_cannot_sign_as_a_reviewer_by_taking_the_authors_place(self):
        doctor, draft, client = make_author(name="Dr. Okafor"), make_version(), signed_in("editor")
        form = {"name": doctor.name, "slug": doctor.slug, "user": client.user.pk}
        client.post(reverse("admin:articles_author_change", args=[doctor.pk]), form)
        sign(client, draft)
        assert Author.objects.get(pk=doctor.pk).user is None
        assert not SignOff.objects.exists()

    def test_cannot_reach_an_account_nor_give_a_role(self):
        client = signed_in("editor")
        url = reverse("admin:auth_user_change", args=[client.user.pk])
        assert client.post(url, {"username": "x", "is_superuser": "on"}).status_code == 403
        assert not User.objects.get(pk=client.user.pk).is_superuser


class AnAdministrator:
    def test_makes_an_account_a_member_of_the_staff(self):
        client, somebody = signed_in("admin"), make_staff("writer")
        groups = [Group.objects.get(name="reviewer").pk]
        data = {"username": "somebody", "is_active": "on", "is_staff": "on", "groups": groups}
        joined = {"date_joined_0": "2026-01-01", "date_joined_1": "10:00"}
        response = client.post(reverse("admin:auth_user_change", args=[somebody.pk]), {**data, **joined})
        somebody.refresh_from_db()
        assert (response.status_code, somebody.username, somebody.groups.get().name) == (302, "somebody", "reviewer")

    def test_says_which_author_an_account_is(self):
        client, doctor, account = signed_in("admin"), make_author(), make_staff("reviewer")
        form = {"name": doctor.name, "slug": doctor.slug, "user": account.pk}
        client.post(reverse("admin:articles_author_change", args=[doctor.pk]), form)
        doctor.refresh_from_db()
        assert doctor.user == account

    def test_takes_a_lost_second_factor_away_without_ever_seeing_the_secret(self):
        client, somebody = signed_in("admin"), make_staff("writer")
        lost = somebody.authenticator_set.create(type="totp", data={"secret": "TOPSECRET"})
        change = reverse("admin:mfa_authenticator_change", args=[lost.pk])
        page = client.get(change)
        assert page.status_code == 200
        assert "TOPSECRET" not in page.text
        assert client.post(change, {"data": "{}"}).status_code == 403
        client.post(reverse("admin:mfa_authenticator_delete", args=[lost.pk]), {"post": "yes"})
        assert not somebody.authenticator_set.exists()


class TheMigration:
    def test_gives_each_role_exactly_its_permissions_on_the_models_own_content_types(self):
        given = {
            group.name: {f"{app}.{code}" for app, code in group.permissions.values_list(*KIND)}
            for group in Group.objects.all()
        }
        assert given == ROLES

    def test_makes_no_permission_that_django_does_not_know(self):
        known = {f"{a}_{m._meta.model_name}" for m in apps.get_models() for a in ("add", "change", "delete", "view")}
        known |= {"publish_article", "send_issue", "import_subscriber", "export_subscriber"}
        assert set(Permission.objects.values_list("codename", flat=True)) == known
        assert Permission.objects.count() == len(known)

    def test_run_again_takes_back_what_somebody_added_by_hand(self):
        group = Group.objects.get(name="writer")
        group.permissions.add(Permission.objects.get(codename="publish_article"))
        make_groups(apps)
        assert not group.permissions.filter(codename="publish_article").exists()


KIND = ("content_type__app_label", "codename")


def test_no_role_reaches_accounts_secrets_or_outgoing_mail():
    touched = {permission.partition(".")[0] for role in ROLES.values() for permission in role}
    assert touched == {"articles", "comments", "newsletter"}


def test_nobody_but_an_administrator_deletes_more_than_a_line_in_a_form():
    deleting = {permission for role in ROLES.values() for permission in role if ".delete_" in permission}
    assert deleting == {"articles.delete_source", "newsletter.delete_issuearticle"}
