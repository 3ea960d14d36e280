"""Sends the public forms as a browser of this site does."""

BROWSER = {"sec-fetch-site": "same-origin"}


def post_comment(client, article, body="Warm socks helped us.", **fields):
    extra = {"REMOTE_ADDR": fields.pop("address")} if "address" in fields else {}
    data = {"name": "Jo", "email": "", "body": body, **fields}
    return client.post(f"/articles/{article.slug}/comments/", data, headers=BROWSER, **extra)


def sign_up(client, email="parent@example.org", **fields):
    extra = {"REMOTE_ADDR": fields.pop("address")} if "address" in fields else {}
    return client.post("/newsletter/", {"email": email, **fields}, headers=BROWSER, **extra)
