"""Keyed hashes: recognise a sender or an address again without keeping it.

They use HASH_KEY, which is never rotated and is kept with the backup (signatures use SECRET_KEY, which may be rotated).
"""

import hashlib
from ipaddress import ip_address, ip_network

from django.conf import settings


def keyed_hash(purpose, *values):
    """64 hexadecimal digits; the same for equal values, unlinkable between purposes and without the key."""
    key = hashlib.sha256(settings.HASH_KEY.encode()).digest()
    hasher = hashlib.blake2b(key=key, digest_size=32, person=purpose.encode()[:16])
    for value in values:
        encoded = str(value).encode("utf-8", "surrogatepass")
        hasher.update(len(encoded).to_bytes(8, "big") + encoded)
    return hasher.hexdigest()


def sender_of(request):
    """A hash of where a request came from: the address, of IPv6 the /64 that one household or device holds."""
    return keyed_hash("sender", network_of(request.META.get("REMOTE_ADDR", "")))


def network_of(address):
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 6 and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return str(parsed if parsed.version == 4 else ip_network((parsed, 64), strict=False))
