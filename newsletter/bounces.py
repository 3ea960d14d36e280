"""Reads what comes back to the newsletter's sender: a bounce, a complaint, or something that is neither.

Bytes in, a Report out. For each address that a message is about it decides whether mail to it failed for good (hard),
failed for now (soft: a full mailbox is no dead address), is only late (delayed), or was unwelcome (complaint). What
states it in a standard's form is asked first: feedback reports (RFC 5965), delivery status (RFC 3464 with the codes of
RFC 3463), Exim's header. Then answers that a machine gave (RFC 3834) and receipts are set aside, and what is left is
given to the detectors of flufl.bounce and to the sentences that mail servers write.

It never touches the database or the network, never raises whatever the bytes are, reads at most LARGEST of them, and
never says what follows from a finding: that is `newsletter.scoring`. To read one more form, write a function that takes
a Mail and returns a Report, or None if the form is another, and add it to READERS.
"""

import contextlib
import email
import re
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parseaddr
from enum import StrEnum
from functools import partial
from html import unescape
from itertools import islice

from flufl.bounce import all_failures

from newsletter import bounce_words as words

LARGEST = 128 * 1024
LONGEST_REASON = 500
MOST_ADDRESSES = 20
WRAPPING = " \t\r\n<>'\"()[];:,."
"""What stands around an address."""


class Kind(StrEnum):
    HARD = "hard"
    SOFT = "soft"
    COMPLAINT = "complaint"
    DELAYED = "delayed"
    """Is still being tried: changes nothing."""


@dataclass(frozen=True)
class Finding:
    address: str
    """As the message spells it; empty where it was left out and only `Report.original` tells whom it is about."""
    kind: Kind
    reason: str


@dataclass(frozen=True)
class Report:
    findings: tuple[Finding, ...] = ()
    original: str = ""
    """The Message-ID of the mail that came back, if it is told."""
    ignored: str = ""
    """Why a message that was understood has no findings."""

    @property
    def is_understood(self):
        return bool(self.findings or self.ignored)


def read(content):
    """The Report on a message."""
    content = content[:LARGEST].replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n\xef\xbb\xbf")
    mail = _unless_broken(lambda: Mail(email.message_from_bytes(content)))
    reports = (_unless_broken(partial(reader, mail)) for reader in READERS if mail)
    return next(filter(None, reports), Report())


def _unless_broken(read_part):
    """What a function gives, or None: the standard library and flufl.bounce raise all sorts over broken messages."""
    try:
        return read_part()
    except Exception:
        return None


class Mail:
    """A message, with what every reader asks of it."""

    def __init__(self, message):
        self.message = message
        self.parts = list(_parts(message))
        text = "\n".join(_text_of(part) for part in self.parts if part.get_content_maintype() == "text")
        cut = words.ORIGINAL_FOLLOWS.search(text)
        self.text, self.after = (text[: cut.start()], text[cut.start() :]) if cut else (text, "")
        self.subject, self.sender = _header(message, "subject"), _header(message, "from")
        self.original = self._original()

    def part(self, *types):
        return next((part for part in self.parts if part.get_content_type() in types), None)

    def _original(self):
        """The headers of the mail that came back, empty where there are none."""
        part = self.part("message/rfc822", "message/global")
        if part is not None and part.is_multipart():
            return part.get_payload(0)
        part = self.part("text/rfc822-headers", "message/global-headers", "message/rfc822-headers")
        text = _text_of(part) if part is not None else self.after
        begin = words.FIRST_HEADER.search(text)
        return email.message_from_string(text[begin.start() :]) if begin else Message()

    @property
    def is_from_machine(self):
        return bool(words.DAEMON.search(self.sender))

    @property
    def says_failure(self):
        """Whether it speaks of mail that failed. A person who answers may well do so too, but not in the subject."""
        is_answer = bool(self.message["in-reply-to"])
        texts = [self.subject] if is_answer else [self.subject, self.text[:2000]]
        return any(map(words.FAILURE.search, texts))

    @property
    def may_be_bounce(self):
        return self.is_from_machine or self.says_failure

    @property
    def is_late_notice(self):
        return bool(words.LATE.search(self.subject) or words.LATE.search(self.text[:2000]))

    def addressees(self):
        """Whom the mail that came back was for."""
        return _addresses_in(_header(self.original, "to"), _header(self.original, "x-original-to"))

    def own(self):
        """Addresses that cannot be the ones that failed: ours and the mail server's."""
        names = ("to", "delivered-to", "from", "return-path", "sender", "reply-to")
        ours = [_header(self.message, name) for name in names]
        ours += [_header(self.original, name) for name in ("from", "return-path", "sender", "reply-to", "errors-to")]
        return {address.lower() for address in _addresses_in(*ours)}

    def report(self, findings, ignored=""):
        """A Report of each address once."""
        findings = {finding.address.lower(): finding for finding in findings}
        original = _header(self.original, "message-id").strip()[:300]
        return Report(tuple(findings.values())[:MOST_ADDRESSES], original, "" if findings else ignored)


def feedback(mail):
    """A complaint: a reader pressed "this is spam", and the provider tells (RFC 5965, or Hotmail's own form)."""
    hotmail = clean(_header(mail.original, "x-hmxmroriginalrecipient"))
    if hotmail:
        return mail.report([Finding(hotmail, Kind.COMPLAINT, "Feedback report")])
    part = mail.part("message/feedback-report")
    if part is None:
        return None
    fields = next(iter(_blocks(part)), Message())
    kind = _header(fields, "feedback-type").strip().lower() or "abuse"
    if kind not in words.COMPLAINTS:
        return Report(ignored=f"a feedback report of the type {plain(kind)[:30]}")
    told = [clean(_header(fields, name)) for name in ("original-rcpt-to", "removal-recipient")]
    addresses = [*filter(None, told), *mail.addressees(), ""]
    return mail.report([Finding(addresses[0], Kind.COMPLAINT, f"Feedback report: {kind}")])


def delivery_status(mail):
    """A delivery status notification (RFC 3464, RFC 6533)."""
    part = mail.part("message/delivery-status", "message/global-delivery-status")
    return _of_status(mail, _blocks(part)) if part is not None else None


def status_in_text(mail):
    """The fields of a delivery status that a mail server wrote into the text."""
    texts = re.split(r"\n\s*\n", mail.text + "\n\n" + mail.after)
    blocks = [text[begin.start() :] for text in texts if (begin := words.STATUS_FIELD.search(text))]
    return _of_status(mail, map(email.message_from_string, blocks)) if mail.may_be_bounce else None


def _of_status(mail, blocks):
    told = (block for block in blocks if block["final-recipient"] or block["original-recipient"] or block["action"])
    blocks = list(islice(told, MOST_ADDRESSES))
    if not blocks:
        return None
    findings = [finding for block in blocks if (finding := _of_recipient(mail, block))]
    valid = [finding for finding in findings if finding.address] or findings[:1]
    return mail.report(valid, ignored="a delivery status that tells of no failure")


def _of_recipient(mail, fields):
    """What the fields of one recipient say, or None if the mail arrived."""
    action = _header(fields, "action").partition(";")[0].strip().lower()
    status = _header(fields, "status").strip()
    if action in words.ARRIVED or (not action and status.startswith("2")):
        return None
    named = [_header(fields, name) for name in ("original-recipient", "final-recipient", "x-actual-recipient")]
    addresses = [address for value in named if (address := clean(value.rpartition(";")[2]))]
    diagnostic = _header(fields, "diagnostic-code")
    said = diagnostic or mail.text[:2000]
    kind = Kind.DELAYED if action == "delayed" else kind_of(said, status)
    alone = mail.addressees() if not any(named) else []
    return Finding(next(iter(addresses + alone), ""), kind, plain(f"{status} {diagnostic}"))


def failed_recipients(mail):
    """Exim's header."""
    addresses = _addresses_in(_header(mail.message, "x-failed-recipients"))
    return mail.report([_told_in_text(mail, address) for address in addresses]) if addresses else None


def auto_reply(mail):
    """An answer that a machine gave for a person (RFC 3834), or the receipt of a mail program (RFC 8098)."""
    is_bounce = mail.is_from_machine or words.FAILURE.search(mail.subject)
    if mail.part("message/disposition-notification") is not None and not is_bounce:
        return Report(ignored="a receipt")
    marked = any(pattern.search(_header(mail.message, name)) for name, pattern in words.AUTO_REPLY_HEADERS.items())
    by_subject = words.AUTO_REPLY_SUBJECT.search(mail.subject)
    # A bounce may repeat our own subject, which may be about holidays: further on, but not where it begins.
    begins = by_subject and by_subject.start() < 5
    if begins or ((marked or by_subject) and not is_bounce):
        return Report(ignored="an automatic reply")
    return None


def detectors(mail):
    """What flufl.bounce knows of the mail servers of thirty years."""
    if not mail.may_be_bounce:
        return None
    passing, lasting = (map(clean, map(_decoded, found)) for found in all_failures(mail.message))
    for_now = Kind.DELAYED if mail.is_late_notice else Kind.SOFT
    findings = [Finding(address, for_now, _reason(mail, address)) for address in passing if address]
    findings += [_told_in_text(mail, address) for address in lasting if address]
    return mail.report(findings) if findings else None


def sentences(mail):
    """The address that stands alone in a line or beside a reason; else whom the mail that came back was for."""
    brings_back = mail.is_from_machine and (mail.original.keys() or words.GONE.search(mail.text[:2000]))
    if not (mail.says_failure or brings_back or words.WRITES_BOUNCES_ONLY.search(mail.sender)):
        return None
    own = mail.own()
    alone, blamed, anywhere = (
        _addresses_in_text("\n".join(line for line in mail.text.splitlines() if pattern.search(line)), own)
        for pattern in (words.ALONE, words.BLAMED, words.ADDRESS)
    )
    meant = [address for address in mail.addressees() if address.lower() not in own]
    both = [address for address in meant if address.lower() in mail.text.lower()]
    addresses = both or alone or blamed or meant or anywhere[:1] or [""]
    return mail.report([_told_in_text(mail, address) for address in addresses])


READERS = (
    feedback,
    delivery_status,
    failed_recipients,
    auto_reply,
    status_in_text,
    detectors,
    sentences,
)


def kind_of(said, status=""):
    """Hard or soft, by the words of a mail server and a status of RFC 3463 (or what stands in the words)."""
    found = words.STATUS.search(status) or words.STATUS.search(said)
    status = found[0] if found else _by_reply_code(said)
    if status.startswith("4") or words.FULL.search(said):
        return Kind.SOFT
    if words.GONE.search(said):
        return Kind.HARD
    if status.startswith(words.NOT_THE_ADDRESS) or words.PASSING.search(said):
        return Kind.SOFT
    return Kind.HARD


def _by_reply_code(said):
    """A status made of an SMTP reply code (RFC 5321), of which 552 is the one of a full mailbox."""
    found = words.REPLY_CODE.search(said)
    return {"552": "5.2.2"}.get(found[1], found[1][0]) if found else ""


def _told_in_text(mail, address):
    reason = _reason(mail, address)
    late = mail.is_late_notice and not words.GIVEN_UP.search(mail.text[:2000])
    return Finding(address, Kind.DELAYED if late else kind_of(reason), reason)


def _reason(mail, address):
    """What the text says from the line of the address on, or all of it."""
    found = mail.text.lower().find(address.lower()) if address else -1
    said = mail.text[mail.text.rfind("\n", 0, found) + 1 :] if found >= 0 else ""
    return plain(said if len(said.strip()) > len(address) + 20 else mail.text)


def _parts(message):
    """Every part but those of the mails that it encloses."""
    yield message
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        for part in message.get_payload():
            yield from _parts(part)


def _blocks(part):
    """The groups of fields of a report: also where they are encoded, which the standard forbids, or broken."""
    payload = part.get_payload()
    if not part.is_multipart():
        return [email.message_from_string(text) for text in re.split(r"\n\s*\n", _text_of(part))]
    if str(part.get("content-transfer-encoding", "")).strip().lower() in ("base64", "quoted-printable"):
        raw = Message()
        raw["content-transfer-encoding"] = part["content-transfer-encoding"]
        raw.set_payload("\n".join(block.get_payload() for block in payload if not block.is_multipart()))
        return [email.message_from_string(text) for text in re.split(r"\n\s*\n", _text_of(raw))]
    return payload


def _text_of(part):
    """The text of a part, of whatever charset; of HTML what a person reads."""
    content = part.get_payload(decode=True)
    if content is None:
        return ""
    text = _decoded(content, part.get_content_charset() or "utf-8").replace("\0", "")
    if part.get_content_type() == "text/html":
        text = unescape(re.sub(r"<(?:[/!]|[a-zA-Z])[^<>]{0,2000}>", _as_break, text))
    return text


def _as_break(tag):
    return "\n" if re.match(r"</?(?:p|br|div|tr|li|h\d|table|td)\b", tag[0], re.IGNORECASE) else ""


def _decoded(content, charset="utf-8"):
    for name in (charset, "utf-8"):
        with contextlib.suppress(LookupError, ValueError):
            return content.decode(name)
    return content.decode("latin-1")


def _header(message, name):
    """A header's text, decoded as far as it can be."""
    raw = next((value for key, value in message.raw_items() if key.lower() == name), "")
    value = _decoded(str(raw).encode("utf-8", "surrogateescape"))
    with contextlib.suppress(LookupError, ValueError):
        value = str(make_header(decode_header(value)))
    return " ".join(value.split())


def clean(address):
    """A bare address, or nothing where there is none."""
    found = words.ADDRESS.fullmatch(re.sub(r"^.{0,3}smtp=", "", address.strip(WRAPPING), flags=re.IGNORECASE))
    return found[0] if found and len(found[0]) <= 254 and ".." not in found[0] else ""


def _addresses_in(*headers):
    pairs = getaddresses(list(filter(None, headers)))
    addresses = [clean(parseaddr(address)[1] or address) for _, address in pairs]
    return list(dict.fromkeys(filter(None, addresses)))


def _addresses_in_text(text, own):
    found = dict.fromkeys(clean(match[0]) for match in words.ADDRESS.finditer(text))
    others = [address for address in found if address and address.lower() not in own]
    return [address for address in others if not words.DAEMON.search(address)][:MOST_ADDRESSES]


def plain(text):
    """Words for a table: one line, no control characters, not long."""
    printable = "".join(sign if sign.isprintable() else " " for sign in text[: 4 * LONGEST_REASON])
    return " ".join(printable.split())[:LONGEST_REASON]
