"""Why this number? A screen that is asked is made once more, and what it writes is heard."""

from collections.abc import Callable

from marginlib.engine.derivation import Heard, tracing
from marginlib.panels.live import Message
from marginlib.telling import why
from marginlib.telling.on_page import all_written


class Reasons:
    """How the amounts of a screen came about, kept for the state that was asked of last.

    The screen is made once more with numbers that remember: what it writes is heard, with all that was worked out for
    it. So nothing is told of but what the screen shows, and nothing is kept for it before somebody asks.
    """

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self._state: object = None
        self.heard: list[Heard] = []

    def answer(self, message: Message, key: str, state: object, show: Callable[[], object]) -> Message:
        """Say how an amount came about (``text``), or which of some ``texts`` are amounts that this is known of.

        ``key`` goes back as it is, for the browser to know what was asked of; ``show`` makes the screen of a state.

        >>> from marginlib.lessons import BalanceSheet
        >>> panel = BalanceSheet()
        >>> message = {"kind": "why", "texts": ["5,000.00 EUR", "1.23 EUR"]}
        >>> Reasons().answer(message, "now", panel.values, lambda: panel.view(panel.values))
        {'kind': 'known', 'key': 'now', 'texts': ['5,000.00 EUR']}
        """
        if self._state is None or self._state != state:
            with tracing() as heard:
                show()
            self._state, self.heard = state, heard
        if "text" not in message:
            known = [text for text in message["texts"] if why.why(text, self.heard)]
            return {"kind": "known", "key": key, "texts": known}
        found = why.told(why.why(message["text"], self.heard))
        written_out: Message = all_written({"kind": "because", "key": key, **found})
        return {**written_out, "text": message["text"]}
