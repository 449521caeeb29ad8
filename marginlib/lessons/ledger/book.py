"""Lesson 08: an exchange's ledger on a screen, a sample or one's own. A file of one's own stays on the machine.

What is shown of a private file is no part of the state that a browser mirrors, nor of the still: no saved notebook can
hold it, whatever is saved with it. It travels in messages, to whoever shows it now.
"""

import base64
import binascii
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marginlib.analysis.ledger import Account
from marginlib.drawing import colours
from marginlib.drawing.still import still
from marginlib.engine.legible import legible
from marginlib.lessons.ledger import view
from marginlib.panels.live import COVERED, Covered, Message, Sent
from marginlib.panels.panel import STILL, packed_plotly
from marginlib.reading.entries import Ledger
from marginlib.reading.files import data_folder
from marginlib.reading.ledgers import InvalidLedger, read_ledger
from marginlib.telling import ledger as telling
from marginlib.telling.on_page import all_written, escape

if TYPE_CHECKING:
    import pandas

_HERE = Path(__file__).parent
SAMPLE = "ledger/sample.csv"
_MOST_BYTES = 500_000_000  # of a file, unpacked
_MOST_NAME = 80
PRIVATE = (
    "These are rows of your own file. Saved in a notebook, they go wherever it goes: clear the output before that."
)


class YourLedger(Covered):
    """An export of the exchange's ledger, read: its timeline, its events row by row, and what doesn't add up.

    >>> book = YourLedger()
    >>> book.own, len(book.ledger.problems)
    (False, 0)
    """

    module = _HERE / "ledger.js"
    style = _HERE / "ledger.css"
    alone = (
        "This is the sample’s picture. To move it, open its positions or choose a file of your own, open this lesson "
        "on the site or as a notebook: this copy has no engine."
    )

    def __init__(self, source: str | Path | bytes | None = None) -> None:
        """Show the sample, or the file of a path: CSV or JSON, also zipped.

        Raises:
            InvalidLedger: the file is no ledger export, or can't be read; says what would work.
        """
        super().__init__()
        self._parts: tuple[str, list[bytes]] = "", []
        self.own = False
        if source is None:
            self._open_sample()
        else:
            given = Path(source) if isinstance(source, str) else source
            self._open(read_ledger(given), given.name if isinstance(given, Path) else "of your own")

    def _open_sample(self) -> None:
        with (data_folder() / SAMPLE).open("rb") as file:
            ledger = read_ledger(file.read())
        self.own = False
        self._looked = view.Looked(ledger)

    def _open(self, ledger: Ledger, name: str) -> None:
        looked = view.Looked(ledger, legible(name)[:_MOST_NAME])
        self._looked, self.own = looked, True

    @property
    def ledger(self) -> Ledger:
        """The export as it was read."""
        return self._looked.ledger

    @property
    def account(self) -> Account:
        """What came of it: breaks, groups, positions, fees (see :func:`marginlib.analysis.ledger.look`)."""
        return self._looked.account

    def tell(self) -> list[str]:
        """What the ledger tells, in sentences with their rules."""
        self._warn()
        return telling.tell(self.account)

    def frame(self, *, exact: bool = False) -> "pandas.DataFrame":
        """The rows as a table; amounts as floats, to add up and to plot, or as exact decimals."""
        self._warn()
        return view.frame(self.ledger.entries, exact=exact)

    def _warn(self) -> None:
        """Say that what comes next is private, where it may be saved with a notebook."""
        if self.own:
            warnings.warn(PRIVATE, stacklevel=3)

    def state(self) -> dict[str, Any]:
        """The sample as it is shown; of a file of one's own, that there is one and nothing else."""
        shown = view.hidden(self._looked.stamp) if self.own else all_written(self._looked.shown())
        return {"veil": self._veil, "_about": {"name": "YourLedger", "colours": colours.ROLES}, "_shown": shown}

    def adopt(self, name: str, value: Any) -> None:
        """Take over the lifting of the veil from the browser."""
        if name == "veil":
            self.veil = str(value)

    def receive(self, message: Message) -> Iterator[Sent]:
        """Answer the browser: what is looked at, opened, pointed at; or a file of the reader's own, in parts."""
        match message:
            case {"kind": "plotly"}:
                yield {"kind": "plotly"}, [packed_plotly()]
                return
            case {"kind": "part", "file": str(key), "name": str(name), "left": int(left), "data": str(data)}:
                if not self._take(key, name, left, data):
                    return
            case {"kind": "sample"}:
                self._open_sample()
            case {"kind": "show"}:
                pass
            case {"kind": kind, **rest}:
                self._looked.hear(kind, rest)
        self._tell("state", None, None)
        if self.own:
            yield {"kind": "shown", "shown": all_written(self._looked.shown())}, []

    def _take(self, key: str, name: str, left: int, data: str) -> bool:
        """Take in a part of a file, and with its last one read it; whether there is something to be shown.

        What can't be read gets its sentence, and what was shown stays.
        """
        parts = self._parts[1] if self._parts[0] == key else []
        self._parts = key, parts
        try:
            parts.append(base64.b64decode(data, validate=True))
            if left:
                return False
            self._parts = "", []
            self._open(read_ledger(_unpacked(b"".join(parts))), name)
        except (InvalidLedger, OSError, binascii.Error, zlib.error) as error:
            self._parts = "", []
            self._looked.wrong = f"{legible(name)[:_MOST_NAME]} can't be shown: {str(error).rstrip('.')}."
        return True

    def still(self) -> tuple[str, str]:
        """The sample's timeline and words; of a file of one's own nothing, and that it is so."""
        if self._veil:
            return f"<p><em>{COVERED}</em></p>", COVERED
        if self.own:
            return f"<p><em>{_OWN}</em></p>", _OWN
        shown = self._looked.shown()["view"]
        pictures = "".join(still(each, shown["title"]) for each in shown["figures"])
        words = "".join(f"<p>{escape(line)}</p>" for line in shown["words"])
        page = f"<p><strong>{escape(shown['title'])}</strong></p>{pictures}{words}<p><em>{STILL}</em></p>"
        return page, "\n".join([shown["title"], *shown["words"]])

    def __repr__(self) -> str:
        """Whose ledger it is, and how long: no address, no name of a private file."""
        return f"YourLedger({'a file of your own' if self.own else 'the sample'}, {len(self.ledger.entries)} rows)"


def _unpacked(data: bytes) -> bytes:
    """What the browser has packed; no more of it than a file may have."""
    packed = zlib.decompressobj(wbits=31)
    unpacked = packed.decompress(data, _MOST_BYTES)
    if packed.unconsumed_tail:
        raise InvalidLedger(f"it has more than {_MOST_BYTES // 10**6} MB; export fewer months at a time")
    return unpacked


_OWN = "A ledger of your own: nothing of it is saved here. Run the cell to see it."
