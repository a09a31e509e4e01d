"""Codes of buildings and signatures of devices, made without the daemon's own code."""
import ctypes
import ctypes.util
import hashlib

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def onsite_code(key, place, at_ms, window_ms=60_000):
    """The code that `place` shows at this instant."""
    content = b"hongxin onsite code\0" + place.encode() + b"\0" + (at_ms // window_ms).to_bytes(8, "big")
    bits = int.from_bytes(hashlib.blake2b(content, key=key, digest_size=16).digest()[:5], "big")
    letters = "".join(ALPHABET[bits >> (5 * (7 - i)) & 31] for i in range(8))
    return letters[:4] + "-" + letters[4:]


class Device:
    """A terminal with a key of its own: it signs the serialized Event and appends the signature as field 15."""

    def __init__(self, name, holder):
        self.sodium = ctypes.CDLL(ctypes.util.find_library("sodium"))
        self.name, self.holder, self.seq = name, holder, 0
        public, self.secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
        self.sodium.crypto_sign_keypair(public, self.secret)
        self.public = public.raw

    def row(self):
        return f"{self.name},{self.holder},{self.public.hex()}"

    def sign(self, event):
        """The bytes to publish. The event gets the device's name and next number, unless it has one."""
        event.device = self.name
        if not event.device_seq:
            self.seq += 1
            event.device_seq = self.seq
        return self.sign_bytes(event.SerializeToString())

    def sign_bytes(self, content):
        signature = ctypes.create_string_buffer(64)
        self.sodium.crypto_sign_detached(signature, None, content, ctypes.c_ulonglong(len(content)), self.secret)
        return content + b"\x7a\x40" + signature.raw
