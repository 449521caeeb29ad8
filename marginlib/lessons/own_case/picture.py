"""The picture of one's own case: the margin level with its marks, and how far each price may go, on one axis."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from marginlib.drawing.pieces import Spec
from marginlib.drawing.placing import NARROWEST, Label, extent
from marginlib.drawing.rows import SIDE, Rows
from marginlib.drawing.touch import touched
from marginlib.telling.numbers import percent

_TOPS = (160, 250, 500, 1000, 2500)  # of the axis of levels, in percent
_REACHES = (10, 25, 50, 100, 200, 400)  # of the axis of moves, in percent
_BAR, _ROOM, _GAP = 30.0, 14.0, 8.0  # pixels: the level's bar, a price's, and between rows
_FULL = 0.6  # of an axis: a bar beyond that has room for a mark's name on its other side

Move = Fraction | None


class Room(NamedTuple):
    """How far a price, or all of them, may go: moves in shares of now, down and up, to the call and to liquidation.

    None: there is no such price. ``words`` say the same.
    """

    name: str
    words: str
    call: tuple[Move, Move]
    liquidation: tuple[Move, Move]


def level_figure(level: Fraction, call: Decimal, liquidation: Decimal) -> Spec:
    r"""The margin level as a bar from nothing, in percent, with the marks that it must not come down to (B3, B5).

    >>> spec = level_figure(Fraction(92), Decimal(80), Decimal(40))
    >>> spec["layout"]["meta"]["tells"][0][0], spec["layout"]["xaxis"]["range"]
    ('Margin level: 92\xa0%', [0, 160])
    """
    shown = max(level, Fraction(0))
    top = next((each for each in _TOPS if shown <= each * Fraction(9, 10)), _TOPS[-1])
    step = 40 if top == _TOPS[0] else top // 5
    rows = Rows((0, top), {at: f"{at:,} %" for at in range(0, top + 1, step)})
    over = " →" if shown > top else ""
    rows.say("Margin level", f"{percent(level / 100, 1)}{over}", bold=True)
    low, high = rows.band(_BAR)
    rows.put("own", (low, high), 0, min(shown, Fraction(top)))
    for name, at in (("margin call", call), ("liquidation", liquidation)):
        under, above = rows.band(20)
        x = float(at)
        rows.stroke([(x, high + 3), (x, (under + above) / 2)], "loss", 3)
        side = "left" if x > top * _FULL else "right"
        text = f"{name} at {percent(at / 100, 1)}"
        rows.labels.append(Label(x, (under + above) / 2, text, f"middle {side}", fixed=True, aside=top * 0.008))
    rows.band(_GAP)
    tells = [
        (f"Margin level: {percent(level / 100, 1)}", float(level)),
        (f"Margin call at {percent(call / 100, 1)}", float(call)),
        (f"Liquidation at {percent(liquidation / 100, 1)}", float(liquidation)),
    ]
    return touched(rows.drawn(), name="Margin level, and where a margin call and liquidation come", tells=tells)


def rooms_figure(rooms: Sequence[Room]) -> Spec:
    """How far each price may go from now: a bar to the margin call, an outline on to liquidation, in percent (B3, B5).

    >>> room = Room("BTC/EUR", "call at −5 %", (Fraction(-5, 100), None), (Fraction(-12, 100), None))
    >>> rooms_figure([room])["layout"]["xaxis"]["range"]
    [-25, 25]
    """
    moves = [abs(move) * 100 for room in rooms for move in (*room.call, *room.liquidation) if move is not None]
    near = [move for move in moves if move <= _REACHES[-1]]
    reach = next((each for each in _REACHES if max(near, default=0) <= each), _REACHES[-1])
    places = [Fraction(reach * at, 2) for at in range(-2, 3)]
    ticks = {float(at): f"{'+' if at > 0 else ''}{percent(at / 100, 1)}" if at else "now" for at in places}
    rows = Rows((-reach, reach), ticks)
    rows.say("How far prices may go from now", bold=True)
    tells = []
    for room in rooms:
        rows.say(room.name)
        for line in _lines(room.words):
            rows.say(line, role="quiet")
        band = rows.band(_ROOM)
        for to_call, to_end in zip(room.call, room.liquidation, strict=True):
            _stretch(rows, band, to_call, to_end, reach)
        rows.band(_GAP)
        first = next((move for move in room.liquidation if move is not None), None)
        tells.append((f"{room.name}: {room.words}", float(first or 0) * 100))
    return touched(rows.drawn(), name="How far each price may go to a margin call and to liquidation", tells=tells)


def _lines(words: str) -> list[str]:
    """Words in one line, or in one for each limit where a telephone has no room for them beside each other."""
    return [words] if extent(words, 14)[0] <= NARROWEST - 2 * SIDE else words.split(", ")


def _stretch(rows: Rows, band: tuple[float, float], call: Move, end: Move, reach: int) -> None:
    """One side of a row: as far as nothing happens, and on to where the exchange ends it."""
    at = [None if move is None else max(min(float(move) * 100, reach), -reach) for move in (call, end)]
    if at[0] is not None:
        rows.put("market", band, 0, at[0])
    if at[1] is not None:
        rows.outline(band, at[0] or 0, at[1], "loss")
        if abs(float(end or 0)) * 100 <= reach:
            rows.stroke([(at[1], band[0] - 4), (at[1], band[1] + 4)], "loss", 4)
