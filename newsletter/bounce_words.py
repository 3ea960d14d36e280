"""The words by which `newsletter.bounces` tells one thing from another: what mail servers and mail programs write.

Each pattern answers one question about a piece of text. A new wording goes into the pattern of its question.
"""

import re


def _any(*patterns):
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


COMPLAINTS = {"abuse", "fraud", "complaint", "opt-out", "opt-out-list", "unsubscribe", "miscategorized", "other"}
"""Feedback types (RFC 5965) of a reader who does not want our mail. Not `not-spam`, nor a report of a forgery."""
ARRIVED = {"delivered", "relayed", "expanded", "processed", "displayed", "transferred"}

ADDRESS = re.compile(
    r"[^\W_][\w.!#$%&'*+/=?^`{|}~-]{0,63}@(?:[\w-]{1,63}\.){0,10}[\w-]{1,63}|_[\w.+=-]{0,63}@[\w.-]{3,255}"
)
STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.]*\d)")
REPLY_CODE = re.compile(r"(?<![\d.:/-])([45]\d\d)(?:[ -]|$)(?!\d)")
STATUS_FIELD = re.compile(r"^[ \t]*(?:(?:final|original)-recipient|action):", re.IGNORECASE | re.MULTILINE)
NOT_THE_ADDRESS = ("5.1.7", "5.1.8", "5.2.2", "5.2.3", "5.3", "5.4.5", "5.4.6", "5.4.7", "5.5", "5.6", "5.7")
"""Codes of RFC 3463 that lay it on the message, on us, on the way or on the moment."""

DAEMON = _any(
    r"mailer.?daemon",
    r"post.?master",
    r"mdaemon",
    r"\bdaemon\b",
    r"mail.?(?:delivery|system|gateway|router|transport|admin\w*)\b",
    r"delivery.?(?:sub)?system",
    r"system administrator",
    r"microsoftexchange",
    r"^\s*$|<>",
)
WRITES_BOUNCES_ONLY = _any(r"mailer.?daemon", r"mail delivery (?:sub)?system")
"""A postmaster may be a person who writes of something else."""
FAILURE = _any(
    r"un(?:able to be )?deliver(?:able|ed)|nicht zustell\w+|unzustellbar",
    r"(?:mail|message|delivery|e-mail).{0,60}(?:fail(?:ed|ure|s)?\b|error|rejected|problem|was refused)",
    r"(?:fail(?:ed|ure)|error|problem|unable).{0,40}(?:deliver|mail|sending|transmit)",
    r"(?:could|can|was|has|were)(?: ?not|n.t)(?: yet)?(?: be| been)? (?:deliver|sent|processed|accepted)",
    r"non-?.?deliver|not (?:be )?delivered|failure notice|fatal error",
    r"return(?:ed|ing) (?:mail|message|to sender|e-mail)|returned to (?:the )?sender",
    r"(?:message|delivery|mail).{0,20}(?:delayed|returned|bounced|blocked)|\bbounced?\b.{0,20}(?:mail|message)",
    r"user unknown|unknown user|no such user|recipient.{0,20}(?:unknown|rejected|not found)",
    r"non (?:remis|distribu|recens|livr)|(?:echec|échec) de |n.a pas pu (?:etre|être)",
    r"no (?:se (?:ha )?p\w+|ha podido) (?:ser )?entreg|devuelto|n[aã]o (?:foi )?(?:p[oô]de ser )?entreg",
    r"mancata consegna|impossibile (?:consegnare|recapitare)|onbestelbaar|niet (?:worden )?bezorgd|olevererbar",
    r"не (?:может быть |было |удалось )?достав|недоставлен|退信|無法傳送",
    r"无法投递|配信(?:不能|できません)|送信できませんでした",
)
LATE = _any(
    r"\bdelay(?:ed)?\b",
    r"(?:has|have) not (?:yet )?been delivered (?:yet|after)",
    r"not yet been delivered",
    r"(?:still|will) be(?:ing)? (?:re)?tried|will (?:keep|continue) (?:re)?try|attempts will continue",
    r"warning message only|do not need to resend",
)
GIVEN_UP = _any(
    r"permanent|giving up|gave up|given up|will not be (?:re)?tried|no longer|expired|final attempt",
    r"address(?:es)? failed",
)

FULL = _any(
    r"(?:mail.?box|mail.?folder|inbox|mail ?dir|mail store|account|box|storage).{0,40}\bfull\b|disk full",
    r"quota|(?:storage|space).{0,30}(?:exce|full|reached|insufficient|limit)|exce\w+.{0,40}(?:storage|space)",
    r"(?:mail.?box|inbox|account).{0,40}(?:exce(?:eds|eded)|size limit|(?:is )?out of (?:storage|space))",
    r"(?:not|n't).{0,10}enough (?:disk |storage )?space|space not enough|out of storage|no space left",
    r"insufficient (?:system |disk |mail )?(?:storage|space)|limit of storage",
    r"postfach.{0,30}voll|boîte.{0,40}pleine|buz[oó]n.{0,20}lleno|casella.{0,30}piena|caixa.{0,30}cheia",
    r"ящик.{0,30}переполнен",
)
GONE = _any(
    r"(?:unknown|no such|invalid|non.?existent|bad) (?:local |virtual )?(?:user|mailbox|recipient|address|account)",
    r"(?:unknown|no such|invalid|non.?existent) (?:domain|host|person)",
    r"(?:user|mailbox|recipient|address(?:ee)?|account|domain|host)\b.{0,60}\bunknown",
    r"(?:user|mailbox|recipient|address|account|domain|host)\b.{0,60}(?:not|n.t) (?:be )?(?:found|exist)",
    r"\b(?:does|do) ?(?:not|n.t) exist|not (?:a )?(?:known|valid) (?:user|mailbox|recipient|address|account)",
    r"no mailbox|mailbox (?:is )?(?:unavailable|disabled|inactive|closed)|not listed in|user .{0,60}not listed",
    r"(?:account|mailbox|user|recipient|address)\b.{0,40}\b(?:disabled|deactivated|suspended|closed|inactive|terminated|discontinued)",
    r"(?:doesn.t|does not) have (?:a|an) .{0,40}account|unrouteable|unroutable|isn.t (?:a )?(?:valid|known)",
    r"no longer (?:valid|active|available|in use|exist|work|accept)|has moved|null mx",
)
PASSING = _any(
    r"try again|temporar|timed? ?out|greylist|graylist|deferred|too many|expired|retry|try later|rate limit|throttl",
    r"spam|bl(?:a|o)ck ?list|\bblocked\b|polic(?:y|ies)|virus|reputation|\b(?:spf|dkim|dmarc)\b",
    r"too (?:large|big)|size (?:limit|exceed)|exceed\w* .{0,20}size|maximum .{0,20}size|\bloop|too many hops",
    r"connection (?:refused|reset|lost)|not responding|unreachable|lookup failure",
)

AUTO_REPLY_HEADERS = {
    "auto-submitted": _any(r"^\s*auto-"),
    "precedence": _any(r"auto.?reply|bulk|junk|list"),
    "x-autoreply": _any(r"\S"),
    "x-autoreply-from": _any(r"\S"),
    "x-autorespond": _any(r"\S"),
    "x-autoresponder": _any(r"\S"),
    "x-auto-respond": _any(r"\S"),
    "x-mail-autoreply": _any(r"\S"),
    "x-vacation": _any(r"\S"),
    "x-autogenerated": _any(r"reply|vacation"),
    "x-apple-action": _any(r"vacation"),
    "delivered-to": _any(r"^autoresponder"),
}
AUTO_REPLY_SUBJECT = _any(
    r"\bauto(?:matic|mated|matische|matisk)?[ :_.-]{0,3}(?:reply|response|responder|answer|antwort|reactie|svar)\b",
    r"^\W*auto: ",
    r"out.?of.?(?:the.?)?office|away from (?:the |my )?(?:office|desk|e-?mail)",
    r"\bon (?:holiday|leave)\b|vacation",
    r"abwesenheit|nicht im (?:büro|buero)|im urlaub|afwezig|frånvaro|poissa|fravær",
    r"r[eé]ponse automatique|absen(?:ce|t) du bureau|respuesta autom|fuera de (?:la )?oficina|risposta automatica",
    r"fuori ufficio|resposta autom|fora do escrit|автоответ|自动回复|自動返信|不在",
)

ORIGINAL_FOLLOWS = re.compile(
    r"^[ \t>*#=_-]{0,80}(?:"
    r"received: (?:from|by|\(|with)|return-path: ?\S"
    r"|(?:(?:below|this|here|the following)[ \w]{0,20} )?(?:is )?a copy of (?:the|your) (?:\w+ )?(?:mail|message)\b"
    r"|(?:your |the )?(?:original|returned|unsent|undelivered|source)[ -](?:mail|message|e-mail)s?"
    r"(?: (?:headers?|text|details|follows|is|begins|attached))?[ \t:.*=_-]*$"
    r"|(?:start|begin) of (?:the )?(?:returned|original) (?:mail|message)"
    r"|(?:the )?(?:original )?message headers?(?: follows?)?[ \t:.*=_-]*$"
    r"|headers? of the (?:source|original)"
    r"|(?:the )?(?:first|text of).{0,40}(?:lines of|message).{0,40}follows?"
    r")",
    re.IGNORECASE | re.MULTILINE,
)
"""The line from which a text is no longer the mail server's own."""
FIRST_HEADER = re.compile(
    r"^(?:received|return-path|from|to|date|subject|message-id|mime-version|dkim-signature|(?:list|x)-[a-z-]+): ?\S",
    re.IGNORECASE | re.MULTILINE,
)
ALONE = re.compile(
    r"^[\s>*-]{0,20}(?:[<('\"]?[^\s@]{1,64}@[\w.-]{1,255}[>)'\"]?[\s:.,;]{0,5}$|<[^\s@]{1,64}@[\w.-]{1,255}>)"
)
"""A line that has nothing but an address, or begins with one in angle brackets."""
BLAMED = _any(
    r"fail|reject|unknown|recipient|addressee|\buser\b|undeliver|mailbox|account|rcpt to|no such|\bnot\b|full|quota",
    r"\b[45]\d\d\b|\b[45]\.\d\.\d",
)
"""A line that names an address and what is wrong with it."""
