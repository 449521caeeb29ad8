"""Plain data in the characters of a link: made small, with a sum by which a broken one is known."""

import base64
import binascii
import json
import re
import unicodedata
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from marginlib.engine import kinds
from marginlib.panels.links import shown

_MOST_UNPACKED = 400_000
_BROKEN = "it is broken: a part of it is missing or changed; copy it whole, or ask for it again"


def packed(data: Mapping[str, Any], words: bytes) -> str:
    """The data as characters of a link. ``words`` are what it is likely made of: they cost next to nothing.

    >>> packed({"EUR": "100"}, b'"EUR":"')
    'ptqrVoLQhgYGSrUA'
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, words)
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    bytes_ = binascii.crc_hqx(text, 0xFFFF).to_bytes(2) + packer.compress(text) + packer.flush()
    return base64.urlsafe_b64encode(bytes_).decode().rstrip("=")


def unpacked(told: str, words: bytes, what: str) -> dict[str, Any]:
    """What :func:`packed` made such characters of. ``what`` says what it is to be, for whom it isn't.

    Raises:
        ValueError: a part is missing or changed, or it is something else.

    >>> unpacked(packed({"EUR": "100"}, b"EUR"), b"EUR", "an account")
    {'EUR': '100'}
    """
    broken = ValueError(_BROKEN)
    try:
        bytes_ = base64.urlsafe_b64decode(told + "=" * (-len(told) % 4))
        unpacker = zlib.decompressobj(-15, words)
        text = unpacker.decompress(bytes_[2:], _MOST_UNPACKED)
        whole = unpacker.eof and not unpacker.unused_data
    except (ValueError, zlib.error):
        raise broken from None
    if not whole or binascii.crc_hqx(text, 0xFFFF).to_bytes(2) != bytes_[:2]:
        raise broken
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise broken from None
    if not isinstance(data, dict):
        raise ValueError(f"expected {what}, got {kinds.shown(data)}")
    return data


def joined(link: str) -> str:
    r"""A link in one piece: without what mail and people put into it, and what can't be seen.

    >>> joined(" <a.html#x1/abc\n def> ")
    'a.html#x1/abcdef'
    """
    whole = "".join(
        each
        for each in link.replace("&amp;", "&")
        if not (each.isspace() or each in "<>" or unicodedata.category(each) == "Cf")
    )
    return unquote(whole) if "%" in whole else whole


@dataclass(frozen=True)
class Kind:
    """Links that carry data of one kind, such as ``#x1/…``: a letter with the version, the words, what they are."""

    version: str
    words: bytes
    what: str
    """With its article: "an exercise"."""
    expected: str
    """Where a link of this kind comes from, for whoever has another one."""
    most: int = 16_000
    """Characters."""

    def _found(self, text: str) -> re.Match[str] | None:
        return re.search(rf"(?:^|[#/?]){self.version[0]}([0-9]{{1,3}})/([A-Za-z0-9_=+/-]*)", text)

    def is_link(self, text: str) -> bool:
        """Whether a text is meant as a link of this kind, whatever its version.

        >>> kind = Kind("x1", b"", "an exercise", "expected a link")
        >>> kind.is_link("https://example.org/exercise.html#x1/abc"), kind.is_link("#v1/Life?move=-20")
        (True, False)
        """
        return bool(self._found(joined(text)))

    def read(self, link: str) -> dict[str, Any]:
        """The data of a link, however it was passed on: wrapped, in <…>, percent-encoded.

        Raises:
            ValueError: it is none, of another version, or broken; the sentence says what would work.

        >>> Kind("x1", b"", "an exercise", "expected a link").read("#x9/abc")
        Traceback (most recent call last):
        ValueError: it is of version x9, and x1 is what is known here; open it with the workbook that it comes from
        """
        text = joined(link)
        found = self._found(text)
        if not found:
            raise ValueError(f"{shown(text)} is no {self.what.partition(' ')[2]}; {self.expected}")
        version, told = f"{self.version[0]}{found[1]}", found[2].rstrip("=")
        if version != self.version:
            raise ValueError(
                f"it is of version {version}, and {self.version} is what is known here; "
                "open it with the workbook that it comes from"
            )
        if len(told) > self.most:
            raise ValueError(f"it has {len(told):,} characters; expected at most {self.most:,}")
        return unpacked(told, self.words, self.what)
