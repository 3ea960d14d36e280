"""Mail addresses: one person, one form."""

import unicodedata

import idna


def normalise(address):
    """The form by which an address is known: lower case, the domain in ASCII (RFC 5891). Two that differ only in case
    or in how the domain is written are one person; a `+tag` makes another, because some providers keep them apart."""
    local, _, domain = unicodedata.normalize("NFC", address.strip()).rpartition("@")
    try:
        domain = idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        domain = domain.lower()
    return f"{local.lower()}@{domain.lower()}"
