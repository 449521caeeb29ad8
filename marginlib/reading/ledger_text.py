"""From a file, bytes or a stream to the lines of an export: packed or not, whatever its encoding, a piece at a time."""

import codecs
import gzip
import io
import zipfile
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from marginlib.engine.kinds import shown
from marginlib.engine.legible import legible

MOST_BYTES = 200_000_000
"""Unpacked; about a million and a half rows."""
_HEAD = 65_536
BROKEN = (EOFError, zipfile.BadZipFile, zlib.error, OSError)
"""What reading on raises where a packed file is damaged."""
Progress = Callable[[int, int], None]
"""Told the bytes read so far, and all there are (0 if that isn't known)."""
WANTED = "expected a ledger export: a CSV file with the columns txid, refid, time, type, asset, amount, fee, balance, …"
WHERE = "where the exchange makes exports, choose Ledgers"


class InvalidLedger(ValueError):
    """A file that is no ledger export, or can't be read at all; the sentence says what would work."""

    def __init__(self, message: str) -> None:
        super().__init__(legible(message))


@dataclass(frozen=True)
class Opened:
    """The text of an export, opened: its first characters, and all of it; reading on may raise what is BROKEN."""

    head: str
    text: io.TextIOBase


class _Counted(io.RawIOBase):
    """A stream that says how far it has been read, and ends what goes on for too long; with its head put back."""

    def __init__(self, head: bytes, rest: IO[bytes], told: Callable[[int], None]) -> None:
        self._head, self._rest, self._told, self._done = head, rest, told, 0

    def readable(self) -> bool:
        return True

    def readinto(self, into: memoryview) -> int:  # type: ignore[override]
        if self._head:
            data, self._head = self._head[: len(into)], self._head[len(into) :]
        else:
            data = self._rest.read(len(into))
        into[: len(data)] = data
        self._done += len(data)
        if self._done > MOST_BYTES:
            most = MOST_BYTES // 1_000_000
            raise InvalidLedger(f"it is too large: expected at most {most} MB; export a shorter span of time")
        self._told(self._done)
        return len(data)


def opened(source: Path | bytes | IO[bytes], close: ExitStack, progress: Progress | None = None) -> Opened:
    """Open an export; ``close`` closes what had to be opened for it.

    Raises:
        InvalidLedger: there is no such file, it can't be read, or it holds something that is plainly no export.
    """
    stream: IO[bytes]
    if isinstance(source, bytes):
        stream = io.BytesIO(source)
    elif isinstance(source, Path):
        stream = close.enter_context(_file(source))
    else:
        stream = source
    try:
        size = stream.seek(0, io.SEEK_END) if stream.seekable() else 0
        if stream.seekable():
            stream.seek(0)
        head = _first(stream)
        if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            return _in_zip(stream, head, size, close, progress)
        if head.startswith(b"\x1f\x8b"):
            return _in_gzip(stream, head, size, progress)
    except InvalidLedger:
        raise
    except (*BROKEN, ValueError) as error:
        raise InvalidLedger(f"it can't be read ({error}); {WANTED}") from None

    def told(done: int) -> None:
        if progress:
            progress(done, size)

    return _text(head, stream, told)


def _file(path: Path) -> IO[bytes]:
    what = ascii(str(path))
    try:
        if path.is_dir():
            raise InvalidLedger(f"{what} is a directory; expected the file of a ledger export")
        return path.open("rb")
    except FileNotFoundError:
        raise InvalidLedger(f"there is no file {what}; expected the path of a ledger export") from None
    except PermissionError:
        raise InvalidLedger(f"no permission to read {what}; expected a readable ledger export") from None
    except InvalidLedger:
        raise
    except (OSError, ValueError) as error:
        raise InvalidLedger(f"{what} can't be read ({error}); expected the path of a ledger export") from None


def _first(stream: IO[bytes]) -> bytes:
    """Enough to see what it is; a pipe may give less at a time."""
    head = b""
    while len(head) < _HEAD and (more := stream.read(_HEAD - len(head))):
        head += more
    return head


def _in_zip(stream: IO[bytes], head: bytes, size: int, close: ExitStack, progress: Progress | None) -> Opened:
    """The one ledger in an archive."""
    if not stream.seekable():
        rest = stream.read(MOST_BYTES + 1 - len(head))
        stream, size = io.BytesIO(head + rest), len(head) + len(rest)
    try:
        archive = close.enter_context(zipfile.ZipFile(stream))
    except zipfile.BadZipFile:
        raise InvalidLedger("it is a damaged ZIP archive; download the export again") from None
    names = [each.filename for each in archive.infolist() if not each.is_dir()]
    if any(each.startswith("xl/") for each in names):
        raise InvalidLedger("it is a spreadsheet; save it as CSV, or use the exchange's export as it is")
    texts = [each for each in names if each.lower().endswith((".csv", ".json", ".txt")) and "__MACOSX" not in each]
    if len(texts) > 1:
        texts = [each for each in texts if "ledger" in each.lower()] or texts
    if len(texts) != 1:
        there = f"{len(texts)} that could be one: {', '.join(map(shown, texts[:5]))}" if texts else "none"
        way = "; unpack it and read each by itself, or put one below the other in one file" if texts else ""
        raise InvalidLedger(f"it is a ZIP archive; expected one ledger export in it, got {there}{way}")
    try:
        member = close.enter_context(archive.open(texts[0]))
    except RuntimeError:
        raise InvalidLedger("it is a ZIP archive with a password; unpack it first") from None
    except NotImplementedError:
        raise InvalidLedger("it is a ZIP archive of a kind that can't be unpacked here; unpack it first") from None

    def told(_: int) -> None:
        if progress:
            progress(min(stream.tell(), size), size)

    return _text(_first(member), member, told)


def _in_gzip(stream: IO[bytes], head: bytes, size: int, progress: Progress | None) -> Opened:
    if stream.seekable():
        stream.seek(0)
    else:
        stream = io.BytesIO(head + stream.read(MOST_BYTES))
    unpacked = gzip.GzipFile(fileobj=stream)

    def told(_: int) -> None:
        if progress:
            progress(min(stream.tell(), size), size)

    try:
        first = unpacked.read1(_HEAD)
    except BROKEN:
        raise InvalidLedger("it is a damaged gzip file; download the export again") from None
    return _text(first, unpacked, told)  # type: ignore[arg-type]


def _text(head: bytes, rest: IO[bytes], told: Callable[[int], None]) -> Opened:
    """Text of a stream whose first bytes were read already."""
    encoding, errors = "utf-8", "surrogateescape"  # a byte that is no UTF-8 spoils no more than its own row
    if head.startswith(codecs.BOM_UTF8):
        head = head[len(codecs.BOM_UTF8) :]
    elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding, errors = "utf-16", "replace"
    elif len(head) > 20 and head[1:200:2].count(0) > 0.8 * len(head[1:200:2]):
        encoding, errors = "utf-16-le", "replace"
    elif len(head) > 20 and head[0:200:2].count(0) > 0.8 * len(head[0:200:2]):
        encoding, errors = "utf-16-be", "replace"
    text = io.TextIOWrapper(io.BufferedReader(_Counted(head, rest, told), _HEAD), encoding=encoding, errors=errors)
    return Opened(head.decode(encoding, "replace").removeprefix("\ufeff"), text)
