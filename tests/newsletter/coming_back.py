"""Messages as they come back: bounces, complaints, and answers of machines."""

ORIGINAL = """\
From: Cramps <post@cramps.test>
To: {address}
Message-ID: {message_id}
Subject: On holiday with cramps

Dear parent,
"""


def bounce(
    address="parent@example.org", *, status="5.1.1", action="failed", diagnostic="", message_id="<1@cramps.test>"
):
    """A delivery status notification (RFC 3464), as Postfix writes it."""
    words = diagnostic or f"smtp; 550 {status} no"
    return f"""\
Return-Path: <>
From: MAILER-DAEMON@mail.example.org (Mail Delivery System)
To: post@cramps.test
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Precedence: bulk
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; {address}
Action: {action}
Status: {status}
Diagnostic-Code: {words}

--b
Content-Type: message/rfc822

{ORIGINAL.format(address=address, message_id=message_id)}
--b--
""".encode()


def complaint(address="parent@example.org", *, kind="abuse", told=True, message_id="<1@cramps.test>"):
    """A feedback report (RFC 5965). Some providers leave the address out."""
    recipient = f"Original-Rcpt-To: <{address}>\n" if told else ""
    return f"""\
From: feedback@provider.example
To: post@cramps.test
Subject: FW: On holiday with cramps
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an email abuse report.

--b
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: Provider/1.0
Version: 1
{recipient}
--b
Content-Type: message/rfc822

{ORIGINAL.format(address=address if told else "undisclosed-recipients:;", message_id=message_id)}
--b--
""".encode()


def plain(text, *, subject="Undeliverable", sender="MAILER-DAEMON@mail.example.org", **headers):
    """A message without parts. Headers are given with _ for -."""
    head = {"From": sender, "To": "post@cramps.test", "Subject": subject}
    head |= {name.replace("_", "-"): value for name, value in headers.items()}
    return "\n".join([*(f"{name}: {value}" for name, value in head.items()), "", text]).encode()
