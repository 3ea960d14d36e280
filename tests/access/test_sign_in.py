"""Signing in as staff: by whom, how often, with what, and what it tells to somebody who only tries."""

import re
import time

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client

from cramps_site.lib import email
from cramps_site.lib.models import OutgoingMail
from tests.access.the_site import FROM_HERE, address, checksum, make_world, routes
from tests.factories import PASSWORD, make_staff, make_user

pytestmark = pytest.mark.django_db


def sign_in(client, login, password=PASSWORD, **options):
    options.setdefault("REMOTE_ADDR", "192.0.2.1")
    return client.post("/accounts/login/", {"login": login, "password": password}, **options)


def is_in(client):
    return client.get("/admin/").status_code == 200


def fail(times, login, **options):
    for _ in range(times):
        assert sign_in(Client(), login, "wrong-guess-1", **options).status_code == 200


def mails():
    """Send what waits, and all that was ever sent."""
    email.send_due()
    return mail.outbox


class TooManyGuesses:
    def test_at_one_account_close_it_for_a_while_wherever_they_come_from(self):
        user, other = make_staff("editor"), make_staff("writer")
        for number in range(5):
            fail(1, user.username, REMOTE_ADDR=f"192.0.2.{number}")
        client, neighbour = Client(), Client()
        sign_in(client, user.username, REMOTE_ADDR="198.51.100.7")
        sign_in(neighbour, other.username, REMOTE_ADDR="198.51.100.7")
        assert (is_in(client), is_in(neighbour)) == (False, True)

    def test_are_forgotten_after_five_minutes(self, time_machine):
        time_machine.move_to("2026-11-22 10:00:00Z")
        user, client = make_staff("editor"), Client()
        fail(5, user.username)
        time_machine.move_to("2026-11-22 10:05:01Z")
        sign_in(client, user.username)
        assert is_in(client)

    @pytest.mark.parametrize(
        ("addresses", "neighbour"),
        [
            (["192.0.2.1"], "192.0.2.2"),
            ([f"2001:db8:1:1::{n:x}" for n in range(1, 9)], "2001:db8:1:2::1"),
            (["192.0.2.1", "::ffff:192.0.2.1"], "::ffff:192.0.2.2"),
        ],
        ids=["of IPv4", "in a household's IPv6 network", "of IPv4 written as IPv6"],
    )
    def test_from_one_address_close_every_account_to_it_alone(self, addresses, neighbour):
        user = make_staff("editor")
        for number in range(10):
            fail(1, f"guess-{number}", REMOTE_ADDR=addresses[number % len(addresses)])
        client, other = Client(), Client()
        sign_in(client, user.username, REMOTE_ADDR=addresses[0])
        sign_in(other, user.username, REMOTE_ADDR=neighbour)
        assert (is_in(client), is_in(other)) == (False, True)

    @pytest.mark.parametrize(
        "name", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP", "True-Client-IP"]
    )
    def test_are_counted_where_they_come_from_whatever_a_header_claims(self, name):
        user, client = make_staff("editor"), Client()
        for number in range(10):
            fail(1, f"guess-{number}", headers={name: f"198.51.100.{number}"})
        sign_in(client, user.username, headers={name: "198.51.100.99"})
        assert not is_in(client)

    def test_are_not_forgotten_for_a_right_one_in_between(self):
        user, own = make_staff("editor"), make_staff("writer")
        for number in range(10):
            sign_in(Client(), own.username)
            fail(1, f"guess-{number}")
        client = Client()
        sign_in(client, user.username)
        assert not is_in(client)

    def test_are_answered_in_our_own_words_and_without_the_password(self):
        for _ in range(30):
            sign_in(Client(), "nobody", "a-secret-guess")
        response = sign_in(Client(), "nobody", "a-secret-guess")
        assert (response.status_code, response["Retry-After"]) == (429, "60")
        assert "Please wait a little" in response.text
        assert "a-secret-guess" not in response.text

    def test_at_a_code_close_the_account_as_well(self, settings):
        settings.STAFF_SECOND_FACTOR = True
        user, secret = with_totp(make_staff("editor"))
        client = Client()
        sign_in(client, user.username)
        for _ in range(5):
            client.post("/accounts/2fa/authenticate/", {"code": "000000"})
        client.post("/accounts/2fa/authenticate/", {"code": code_for(secret)})
        assert not is_in(client)

    def test_are_counted_in_the_database_for_every_process(self):
        fail(1, "nobody")
        assert any("login_failed" in row for row in checksum()["cache"])

    def test_cannot_push_each_other_out_of_the_count(self, settings):
        user = make_staff("editor")
        fail(5, user.username)
        for number in range(160):
            fail(1, f"guess-{number}", REMOTE_ADDR=f"10.0.{number // 5}.1")
        client = Client()
        sign_in(client, user.username, REMOTE_ADDR="198.51.100.7")
        assert not is_in(client)


class SigningIn:
    @pytest.mark.parametrize("by", ["username", "email"])
    def test_works_by_name_or_address(self, by):
        user, client = make_staff("editor"), Client()
        response = sign_in(client, getattr(user, by))
        assert (response.status_code, response["Location"]) == (302, "/admin/")
        assert is_in(client)

    def test_begins_a_new_session_and_a_new_token(self):
        user, client = make_staff("editor"), Client()
        client.get("/accounts/2fa/webauthn/login/", headers={"Accept": "application/json"})
        client.get("/accounts/login/")
        session, token = client.cookies["__Host-session"].value, client.cookies["__Host-csrf"].value
        sign_in(client, user.username)
        assert client.cookies["__Host-session"].value != session
        assert client.cookies["__Host-csrf"].value != token
        assert not Session.objects.filter(session_key=session).exists()

    def test_is_asked_for_before_anything_of_the_admin_is_said(self):
        response = Client().get("/admin/articles/version/", follow=True)
        assert response.redirect_chain[-1][0] == "/accounts/login/?next=/admin/articles/version/"
        assert Client().get("/admin/login/").status_code == 302

    def test_says_the_same_of_a_wrong_password_and_an_unknown_account(self, monkeypatch):
        known, inactive = make_staff("editor"), make_staff("writer", is_active=False)
        counted = count_hashes(monkeypatch)
        answers = [ask("/accounts/login/", login, "login") for login in (known.username, inactive.username, "nobody")]
        by_mail = [ask("/accounts/login/", login, "login") for login in (known.email, "nobody@cramps.test")]
        assert len(set(answers)) == 1
        assert len(set(by_mail)) == 1
        assert len(counted) == 5

    def test_ends_for_good_when_signing_out(self):
        user, client = make_staff("editor"), Client()
        sign_in(client, user.username)
        stolen = Client(headers={"Cookie": f"__Host-session={client.cookies['__Host-session'].value}"})
        assert is_in(stolen)
        client.post("/accounts/logout/")
        assert (is_in(client), is_in(stolen)) == (False, False)

    @pytest.mark.parametrize(("later", "expected"), [("19:59", True), ("20:01", False)])
    def test_ends_after_half_a_day_of_silence(self, time_machine, later, expected):
        time_machine.move_to("2026-11-22 08:00:00Z")
        user, client = make_staff("editor"), Client()
        sign_in(client, user.username)
        time_machine.move_to(f"2026-11-22 {later}:00Z")
        assert is_in(client) is expected


class SomebodyWhoLeaves:
    @pytest.mark.parametrize("field", ["is_active", "is_staff"])
    def test_is_out_with_the_next_request(self, field):
        user, client = make_staff("editor"), Client()
        sign_in(client, user.username)
        User.objects.filter(pk=user.pk).update(**{field: False})
        assert not is_in(client)
        assert client.post("/admin/articles/topic/add/", {"name": "x", "slug": "x"}).status_code == 302

    def test_loses_a_role_with_the_next_request(self):
        user, client = make_staff("editor"), Client()
        sign_in(client, user.username)
        user.groups.clear()
        assert client.get("/admin/newsletter/subscriber/").status_code == 403

    def test_cannot_come_back_with_the_right_password(self):
        user, client = make_staff("editor", is_active=False), Client()
        sign_in(client, user.username)
        assert not is_in(client)
        assert client.get("/accounts/email/").status_code == 302

    def test_is_out_everywhere_once_the_password_is_another(self):
        user, client = make_staff("editor"), Client()
        sign_in(client, user.username)
        user.set_password("another-night-8-legs")
        user.save()
        assert not is_in(client)


class AnAccount:
    def test_is_made_by_nobody_for_themselves(self):
        data = {"username": "me", "email": "me@example.org", "password1": PASSWORD, "password2": PASSWORD}
        page, answer = Client().get("/accounts/signup/"), Client().post("/accounts/signup/", data)
        assert 'name="password1"' not in page.text
        assert not User.objects.exists()
        assert OutgoingMail.objects.count() == 0
        assert not is_in(Client())
        assert answer.status_code == 200

    def test_without_a_role_is_told_so(self):
        user, client = make_user(), Client()
        response = client.post("/accounts/login/", {"login": user.username, "password": PASSWORD}, follow=True)
        assert (response.request["PATH_INFO"], response.status_code) == ("/accounts/no-staff/", 403)
        assert "no role here" in response.text


class ANewPassword:
    def test_is_promised_to_everybody_in_the_same_words_and_mailed_to_staff_alone(self):
        known, inactive = make_staff("editor"), make_staff("writer", is_active=False)
        addresses = [known.email, inactive.email, "nobody@example.org"]
        answers = {ask("/accounts/password/reset/", one, "email", follow=True) for one in addresses}
        assert len(answers) == 1
        assert [message.to for message in mails()] == [[known.email]]

    def test_asked_for_again_and_again_makes_one_mail_in_five_minutes(self, time_machine):
        time_machine.move_to("2026-11-22 10:00:00Z")
        user = make_staff("editor")
        for minute in (0, 1, 4, 6):
            time_machine.move_to(f"2026-11-22 10:0{minute}:00Z")
            assert ask_for_password(user.email)["Location"] == "/accounts/password/reset/done/"
        assert len(mails()) == 2

    def test_waits_for_the_mail_server_outside_of_the_request(self, monkeypatch):
        def refuse(*args):
            raise OSError("no mail server")

        monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
        response = ask_for_password(make_staff("editor").email)
        assert response.status_code == 302
        assert OutgoingMail.objects.get().accepted_at is None

    def test_comes_in_a_mail_of_ours_with_a_link_to_this_site_whatever_host_was_asked(self):
        user = make_staff("editor")
        ask_for_password(user.email, headers={"Host": "localhost"})
        message = mails()[0].message()
        assert message["To"] == user.email
        assert message["From"] == "Cramps <post@cramps.test>"
        assert message["Auto-Submitted"] == "auto-generated"
        assert "localhost" not in str(message)
        assert "https://cramps.test/accounts/password/reset/key/" in mails()[0].body
        assert user.username in mails()[0].body

    def test_is_chosen_once_by_the_link_and_ends_what_was_open(self):
        user, thief = make_staff("editor"), Client()
        sign_in(thief, user.username)
        ask_for_password(user.email)
        link = link_in(mails()[0])
        assert choose_password(link, "a-new-night-9-legs") == 302
        client = Client()
        sign_in(client, user.username, "a-new-night-9-legs")
        assert (is_in(client), is_in(thief)) == (True, False)
        assert choose_password(link, "a-thiefs-night-9") == 200
        assert User.objects.get(pk=user.pk).check_password("a-new-night-9-legs")

    @pytest.mark.parametrize("password", ["short-1", "1234567890", "password123", "editor-name-1"])
    def test_that_is_easily_guessed_is_refused(self, password):
        user = make_staff("editor", username="editor-name-1")
        ask_for_password(user.email)
        assert choose_password(link_in(mails()[0]), password) == 200
        assert User.objects.get(pk=user.pk).check_password(PASSWORD)

    def test_does_not_get_around_the_second_factor(self, settings):
        settings.STAFF_SECOND_FACTOR = True
        user, _ = with_totp(make_staff("editor"))
        ask_for_password(user.email)
        choose_password(link_in(mails()[0]), "a-new-night-9-legs")
        client = Client()
        response = sign_in(client, user.username, "a-new-night-9-legs")
        assert response["Location"] == "/accounts/2fa/authenticate/"
        assert not is_in(client)


class TheSecondFactor:
    @pytest.fixture(autouse=True)
    def as_in_production(self, settings):
        settings.STAFF_SECOND_FACTOR = True
        settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"

    @pytest.mark.django_db(transaction=True)
    def test_is_set_up_by_the_address_the_password_and_an_app(self):
        user, client = make_staff("editor"), Client()
        assert sign_in(client, user.username)["Location"] == "/accounts/confirm-email/"
        link = link_in(mails()[0])
        client.get(link)
        assert client.post(link).status_code == 302
        sign_in(client, user.username)
        assert client.get("/admin/", follow=True).request["PATH_INFO"] == "/accounts/2fa/"
        assert set_up_totp(client)["Location"] == "/accounts/2fa/recovery-codes/"
        assert is_in(client)

    def test_needs_an_address_and_says_so(self):
        user, client = make_staff("editor", email=""), Client()
        response = sign_in(client, user.username)
        assert response["Location"] == "/accounts/login/"
        assert "has no mail address" in client.get("/accounts/login/").text

    def test_missing_closes_every_page_of_the_admin(self):
        world, client = make_world(), Client()
        client.force_login(make_staff("admin"))
        before = checksum(without=["django_session"])
        for pattern in (p for p in routes() if p.startswith("admin/")):
            for method in (client.get, client.post):
                data = {"post": "yes", "action": "delete_selected", "_selected_action": "1", "name": "x", "slug": "x"}
                response = method(address(pattern, world), data, headers=FROM_HERE)
                assert (response.status_code, response.content) == (302, b""), pattern
                assert response["Location"].partition("?")[0] in ("/admin/login/", "/accounts/2fa/", "/admin/"), pattern
        assert client.get("/admin/login/")["Location"] == "/accounts/2fa/"
        assert checksum(without=["django_session"]) == before

    def test_is_asked_for_after_the_password(self):
        user, secret = with_totp(make_staff("editor"))
        client = Client()
        assert sign_in(client, user.username)["Location"] == "/accounts/2fa/authenticate/"
        assert not is_in(client)
        client.post("/accounts/2fa/authenticate/", {"code": "000000"})
        assert not is_in(client)
        client.post("/accounts/2fa/authenticate/", {"code": code_for(secret)})
        assert is_in(client)

    def test_is_not_given_by_an_old_code(self):
        user, secret = with_totp(make_staff("editor"))
        for client, expected in ((Client(), True), (Client(), False)):
            sign_in(client, user.username)
            client.post("/accounts/2fa/authenticate/", {"code": code_for(secret)})
            assert is_in(client) is expected

    def test_is_given_once_by_a_recovery_code(self):
        user, _ = with_totp(make_staff("editor"))
        code = RecoveryCodes.activate(user).get_unused_codes()[0]
        for client, expected in ((Client(), True), (Client(), False)):
            sign_in(client, user.username)
            client.post("/accounts/2fa/authenticate/", {"code": code})
            assert is_in(client) is expected

    def test_is_not_made_of_recovery_codes_alone(self):
        user, client = with_verified_address(make_staff("editor")), Client()
        RecoveryCodes.activate(user)
        sign_in(client, user.username)
        assert client.get("/admin/", follow=True).request["PATH_INFO"] == "/accounts/2fa/"

    def test_is_asked_of_a_session_that_is_older_than_it(self):
        user, thief = with_verified_address(make_staff("editor")), Client()
        sign_in(thief, user.username)
        _, secret = with_totp(user)
        page = thief.get("/admin/comments/comment/", follow=True)
        assert page.request["PATH_INFO"] == "/accounts/2fa/reauthenticate/"
        assert not is_in(thief)
        answer = thief.post(page.redirect_chain[-1][0], {"code": code_for(secret)})
        assert answer["Location"] == "/admin/comments/comment/"
        assert is_in(thief)

    def test_that_is_a_passkey_is_asked_for_as_one(self):
        user, client = with_verified_address(make_staff("editor")), Client()
        sign_in(client, user.username)
        user.authenticator_set.create(type="webauthn", data={})
        answer = client.get("/admin/login/?next=/admin/comments/comment/")
        assert answer["Location"] == "/accounts/2fa/webauthn/reauthenticate/?next=%2Fadmin%2Fcomments%2Fcomment%2F"

    @pytest.mark.parametrize(
        "part", ["totp/deactivate/", "recovery-codes/", "recovery-codes/generate/", "webauthn/add/"]
    )
    def test_is_not_managed_by_a_password_alone(self, part):
        user, thief = with_verified_address(make_staff("editor")), Client()
        sign_in(thief, user.username)
        with_totp(user)
        RecoveryCodes.activate(user)
        thief.post("/accounts/reauthenticate/", {"password": PASSWORD})
        answer = thief.get(f"/accounts/2fa/{part}", follow=True)
        assert answer.request["PATH_INFO"] == "/accounts/2fa/reauthenticate/"
        assert user.authenticator_set.count() == 2

    def test_taken_away_closes_the_admin_at_once(self):
        user, secret = with_totp(make_staff("editor"))
        client = Client()
        sign_in(client, user.username)
        client.post("/accounts/2fa/authenticate/", {"code": code_for(secret)})
        user.authenticator_set.all().delete()
        assert not is_in(client)


def code_for(secret):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def with_verified_address(user):
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    return user


def with_totp(user):
    if not user.emailaddress_set.exists():
        with_verified_address(user)
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return user, secret


def set_up_totp(client):
    """The way through allauth's pages: the password once more, then a code of the app."""
    page = client.get("/accounts/2fa/totp/activate/", follow=True)
    client.post(page.redirect_chain[-1][0], {"password": PASSWORD})
    client.get("/accounts/2fa/totp/activate/")
    secret = client.session["mfa.totp.secret"]
    return client.post("/accounts/2fa/totp/activate/", {"code": code_for(secret)})


def ask(page, value, field, **options):
    """The answer to a form of sign-in, less what was typed and the token of the page."""
    data = {field: value, "password": "wrong-guess-1"}
    response = Client().post(page, data, REMOTE_ADDR="192.0.2.1", **options)
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.text)
    return response.status_code, response.request["PATH_INFO"], text.replace(value, "")


def ask_for_password(address, **options):
    return Client().post("/accounts/password/reset/", {"email": address}, **options)


def link_in(message):
    return re.search(r"https://cramps\.test(/\S+)", message.body)[1]


def choose_password(link, password):
    client = Client()
    page = client.get(link, follow=True)
    here = page.request["PATH_INFO"]
    return client.post(here, {"password1": password, "password2": password}).status_code


def count_hashes(monkeypatch):
    """Every hash that is computed from now on: what takes the time by which an account could be told."""
    from django.contrib.auth.hashers import MD5PasswordHasher

    counted, encode = [], MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda *args: counted.append(1) or encode(*args))
    return counted
