"""Mail for development: instead of leaving the machine each message lies readable in var/mail/."""

import re
from email.utils import parseaddr
from pathlib import Path

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone


def write(message):
    """Write one message as NAME.txt (headers and text), NAME.html and NAME.eml; return the .txt."""
    folder = Path(settings.MAIL_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    recipient = parseaddr(message.to[0])[1] if message.to else "nobody"
    moment = timezone.localtime().strftime("%Y-%m-%d-%H%M%S-%f")
    name = f"{moment}-{re.sub(r'[^A-Za-z0-9@._+-]', '_', recipient)[:60]}"
    headers = "\n".join(f"{key}: {value}" for key, value in message.message().items() if key != "Content-Type")
    (folder / f"{name}.eml").write_bytes(message.message().as_bytes())
    for content, kind in getattr(message, "alternatives", []):
        if kind == "text/html":
            (folder / f"{name}.html").write_text(content, encoding="utf-8")
    path = folder / f"{name}.txt"
    path.write_text(f"{headers}\n\n{message.body}\n", encoding="utf-8")
    return path


class EmailBackend(BaseEmailBackend):
    def send_messages(self, messages):
        return len([write(message) for message in messages])
