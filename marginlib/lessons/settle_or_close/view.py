"""Settling beside closing: one bar of what both leave, an arm of what each leaves more, and their ends enlarged."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from marginlib.analysis.outcome import Outcome, outcome
from marginlib.analysis.sheet import Entry, Sheet, sheet
from marginlib.drawing.pieces import Spec, marked, swatch
from marginlib.drawing.placing import Label
from marginlib.drawing.rows import LINE, Band, Rows, held
from marginlib.drawing.screen import Table, View, refused, screen, table
from marginlib.drawing.touch import Grip, grip, touched
from marginlib.engine.account import State
from marginlib.engine.amounts import ZERO
from marginlib.engine.derivation import fraction
from marginlib.engine.scenario import Close, Deposit, Settle, Trade
from marginlib.engine.settling import need
from marginlib.engine.story import Story
from marginlib.telling import sentences
from marginlib.telling.numbers import in_panel, listed, money, number, price

PREPARED = 2  # the opening and the move of the price: both ways share them
_ACROSS = (-75_000.0, 230_000.0)
_TICKS = {-50_000.0: "", 0.0: "0 EUR", 50_000.0: "", 100_000.0: "100,000", 150_000.0: "", 200_000.0: "200,000"}
_LARGER, _END = 200, 200_000.0  # how many times the ends are enlarged, and where on the axis they stand then
_ENLARGED_TICKS = {_END - _LARGER * less: f"−{less:,}" if less else "0 EUR" for less in (1000, 500, 0)}
_BAR, _ARM, _THIN, _GAP, _SPLIT, _CONE = 36.0, 20.0, 18.0, 10.0, 16.0, 22.0  # pixels
_UNDER = 4.0  # pixels between words and the bar below them, whose knobs reach over it
_CUT, _SLANT = -70_000.0, 3_000.0  # where the enlarged bars are cut
_OVER = 6_000.0  # so much further than the fee itself its words may go: a telephone needs it
_BELOW = 8 * LINE + 2 * (_ARM + _THIN) + _GAP + _SPLIT + _CONE  # what stands below the bar of what is still open
_REFUSED = "refused"


class Reach(NamedTuple):
    """How far the controls go: balances by currency, the price in QUOTE, and the share and the fee's rate, of 1."""

    most: Mapping[str, Decimal]
    prices: tuple[Decimal, Decimal]
    share: tuple[Decimal, Decimal]
    fee: tuple[Decimal, Decimal]


@dataclass(frozen=True)
class Way:
    """One way of ending the position: its story, the balance sheet after it, what it came to (None if refused)."""

    story: Story
    seen: Sheet
    end: Outcome | None


def ended(story: Story) -> Outcome | None:
    """What the ending came to, in the story's summary currency; None if it was refused."""
    return None if story.error else outcome(story.moments[PREPARED:], story.final, _quote(story))


def view(settled: Story, closed: Story, reach: Reach) -> View:
    """What the screen shows of one position, settled in one story and closed in the other.

    Both stories open it and move its price first; then they end it, settling perhaps after a way out (R6).
    """
    if len(closed.moments) <= PREPARED:
        return _not_opened(closed)
    quote = _quote(closed)
    one, other = (Way(story, sheet(story.final, quote), ended(story)) for story in (settled, closed))
    start = closed.moments[PREPARED - 1].after
    return screen(
        headline(one, other),
        [fork(start, one, other, reach)],
        words(settled, closed),
        [_table(start, one, other)],
        happens=happened(one, other),
    )


def _quote(story: Story) -> str:
    return story.scenario.summary_currency or ""


def happened(settled: Way, closed: Way) -> list[str]:
    """What a control's track is marked with."""
    pnl = sum((each.pnl for each in closed.story.realised), ZERO)
    move, book = closed.story.moments[PREPARED - 1], closed.story.final.rulebook
    margin = closed.story.margin_of(move.after)
    stopped = margin is not None and margin.level is not None and margin.level <= book.liquidation_level
    quote = closed.seen.currency
    known = {
        "break-even": pnl > 0,
        "settling refused": not settled.end,
        f"{quote} gone": pnl < 0 and not closed.story.final.balance(quote),
        "a rest unpaid": bool(closed.story.final.unpaid),
        "liquidation": stopped,
    }
    return [name for name, there in known.items() if there]


def fork(start: State, settled: Way, closed: Way, reach: Reach) -> Spec:
    """What is there while the position is open; what both ways leave, as one bar that splits in what each leaves more.

    Below, the ends of the two enlarged, where they differ by their fees. What is owed stands left of zero.
    """
    quote, rows, still = closed.seen.currency, Rows(_ACROSS, _ENLARGED_TICKS), sheet(start, closed.seen.currency)
    rows.say(f"still open, at {price(_price(start), quote)}", bold=True)
    held, owed = _listed(still.restricted), _listed(still.owed)
    # Each over its own part as far as a telephone has room; the last of them is the nearest to the bar.
    rows.name(swatch("owed", f"{owed} owed"), float(-still.owes))
    free = _listed(still.own)
    rows.name(swatch("own", f"{free} free") if free else "nothing free", 0)
    rows.name(swatch("restricted", f"{held} restricted"), float(sum(entry.worth for entry in still.own)))
    rows.band(_UNDER)
    band = rows.band(_BAR)
    end = _stood(rows, band, still)
    rows.band(_GAP)
    ways = [way for way in (settled, closed) if way.end]
    shared = _shared(*(way.seen for way in ways)) if len(ways) > 1 else Sheet(quote, (), (), ())
    both = f"both leave {_listed(shared.own) or 'nothing'}" if len(ways) > 1 else ""
    rows.say(swatch("own", both) if shared.own else both)
    put_in = settled.end.deposited if settled.end else Fraction(0)
    split = float(shared.has)
    rows.name(_said(settled, shared, "settle"), split, "□ put in" if put_in else "")
    upper, _, lower = rows.band(_ARM), rows.band(_SPLIT), rows.band(_ARM)
    whole = (lower[0], upper[1])
    joint = _stood(rows, whole, shared)
    tips = [
        _stood(rows, arm, _beyond(way.seen, shared), joint, float(shared.owes))
        for way, arm in ((settled, upper), (closed, lower))
        if way.end
    ]
    rows.outline(upper, float(-shared.owes - put_in), float(-shared.owes), "market")
    rows.name(_said(closed, shared, "close"), split)
    rows.axis(_TICKS)
    ends = _enlarged(rows, settled, closed, max(tips, default=0.0))
    grips = _grips(start, closed, reach, band)
    if len(ways) > 1:
        grips += _shares(closed, reach, (end, joint), whole)
    if closed.end:
        grips += _fees(closed, reach, *ends[-1])
    tells = [(f"still open: {free or 'nothing'} free, {held} restricted, {owed} owed", float(still.yours))]
    tells += [(both, float(shared.has))] if both else []
    for way, name in ((settled, "settling"), (closed, "closing")):
        tells.append((_more(way, shared, name), float(_beyond(way.seen, shared).has)))
    for way, name in ((settled, "settling"), (closed, "closing")):
        if way.end:
            worth, fees = money(way.end.own_worth, quote), money(way.end.fees, quote)
            tells.append((f"net worth after {name}: {worth}, after fees of {fees}", float(way.end.own_worth)))
    return touched(rows.drawn(stop=True), *grips, name="Settling beside closing", tells=tells)


def _listed(entries: Iterable[Entry]) -> str:
    return listed([money(entry.amount, entry.currency) for entry in entries if entry.amount])


def _price(start: State) -> Decimal:
    return start.prices[start.positions[-1].pair]


def _stood(rows: Rows, band: Band, seen: Sheet, start: float = 0.0, owed: float = 0.0) -> float:
    """A sheet as a bar: what is free and held, right of a start, and what is owed, to the left. Returns its end."""
    rows.put("owed", band, -owed - float(seen.owes), -owed)
    at = start
    for role, entries in (("own", seen.own), ("restricted", seen.restricted)):
        for entry in entries:
            rows.put(role, band, at, at + float(entry.worth))
            if at > 0 and role == "own":
                rows.stroke([(at, band[0]), (at, band[1])], "ground", 2)
            at += float(entry.worth)
    return at


def _paired(ones: Iterable[Entry], others: Iterable[Entry]) -> list[tuple[Entry, Entry]]:
    """The entries of two sheets by their currencies; where one has nothing, nothing of it."""
    known = [_by_currency(entries) for entries in (ones, others)]
    codes = {code: Entry(code, ZERO, Fraction(0)) for code in [*known[0], *known[1]]}
    return [(known[0].get(code, nothing), known[1].get(code, nothing)) for code, nothing in codes.items()]


def _by_currency(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Entries of one currency as one: what stays unpaid is owed beside what was lent."""
    found = dict[str, Entry]()
    for entry in entries:
        known = found.get(entry.currency)
        amount, value = (known.amount, known.worth) if known else (ZERO, Fraction(0))
        found[entry.currency] = Entry(entry.currency, amount + entry.amount, value + entry.worth)
    return found


def _shared(one: Sheet, other: Sheet) -> Sheet:
    """What is in both sheets."""

    def least(ones: tuple[Entry, ...], others: tuple[Entry, ...]) -> tuple[Entry, ...]:
        found = (min(pair, key=lambda entry: entry.amount) for pair in _paired(ones, others))
        return tuple(entry for entry in found if entry.amount)

    kept = (least(one.own, other.own), least(one.restricted, other.restricted), least(one.owed, other.owed))
    return Sheet(one.currency, *kept)


def _beyond(seen: Sheet, shared: Sheet) -> Sheet:
    """What a sheet has beyond what it shares with another."""

    def more(ones: tuple[Entry, ...], others: tuple[Entry, ...]) -> tuple[Entry, ...]:
        pairs = _paired(ones, others)
        return tuple(Entry(a.currency, a.amount - b.amount, a.worth - b.worth) for a, b in pairs if a.amount > b.amount)

    kept = (more(seen.own, shared.own), more(seen.restricted, shared.restricted), more(seen.owed, shared.owed))
    return Sheet(seen.currency, *kept)


def _more(way: Way, shared: Sheet, name: str) -> str:
    """What a way leaves beyond what both leave; or, if it is the only one, all of it."""
    if not way.end:
        state = way.story.final
        needed = need(state, state.positions[-1].pair, _ended_volume(way.story))
        return f"{name}: refused, {money(needed.missing, needed.currency)} missing"
    return (
        f"{name}: {_listed(_beyond(way.seen, shared).own) or 'nothing'}{' more' if shared.has or shared.owes else ''}"
    )


def _said(way: Way, shared: Sheet, name: str) -> str:
    """What stands at a way's arm: coins are kept, cash is taken."""
    told = _more(way, shared, name)
    if not way.end:
        return told.replace(name, f"<b>{name}</b>", 1)
    more = [entry for entry in _beyond(way.seen, shared).own if entry.amount]
    verbs = ["you take " if entry.currency == shared.currency else "you keep " for entry in more]
    verb = verbs[0] if len(more) == 1 else ""  # a telephone has no room for it before two amounts
    return f"<b>{name}</b>: {verb}{_listed(more) or told.partition(': ')[2]}"


def _enlarged(rows: Rows, settled: Way, closed: Way, tip: float) -> list[tuple[Band, float]]:
    """Where the net worths end, so many times as large, below a cone; each ends before the other by what it costs."""
    ways = [(way.end, name) for way, name in ((settled, "settled"), (closed, "closed")) if way.end]
    quote, top = closed.seen.currency, max(end.own_worth + end.fees for end, _ in ways)
    low, high = rows.band(_CONE)
    rows.stroke([(_ACROSS[0], low), (tip, high), (_END, low)], "quiet", 1)
    gap = abs(ways[0][0].own_worth - ways[-1][0].own_worth)
    differ = f"the only difference: {money(gap, quote)}" if gap else "no difference"
    rows.say(differ if len(ways) > 1 else "only one way is open", bold=True)
    rows.say(f"net worth: its tip, {_LARGER} times as large", role="quiet")
    found = []
    for end, name in ways:
        at = _END - _LARGER * float(top - end.own_worth)
        # Beside an amount in that currency; both have no room for its code on a telephone.
        fee = swatch("fee", f"fee {number(end.fees, 2, 2)}") if end.fees else "no fee"
        low, high = rows.say(f"{name}: {money(end.own_worth, quote)}")
        rows.labels.append(Label(_END + _OVER, (low + high) / 2 - 1, fee, "middle left", fixed=True))
        band = rows.band(_THIN)
        rows.put("own" if end.own_worth >= 0 else "loss", band, _ACROSS[0], at)
        rows.put("fee", band, at, at + _LARGER * float(end.fees))
        found.append((band, at))
        rows.stroke([(_END, band[0]), (_END, band[1])], "quiet", 1.5)
        rows.stroke([(_CUT, band[0] - 1), (_CUT + _SLANT, band[1] + 1)], "ground", 4)  # it begins far to the left
    for _ in range(2 - len(ways)):
        rows.band(LINE + _THIN)
    return found


def _grips(start: State, closed: Way, reach: Reach, band: Band) -> list[Grip]:
    """The bar of what is still open: where the euros end, the coins, and what the price moves."""
    lot, now = start.positions[-1], _price(start)
    had = closed.story.scenario.balances
    quote, base, middle = start.balance(lot.quote), start.balance(lot.base), (band[0] + band[1]) / 2
    cash = [quote - had.get(lot.quote, ZERO) + each for each in (ZERO, reach.most[lot.quote])]
    coins = [quote + (base - had.get(lot.base, ZERO) + each) * now for each in (ZERO, reach.most[lot.base])]
    if lot.side == "long":
        moved = [quote + (base + lot.volume) * each for each in reach.prices]
    else:
        moved = [-lot.volume * each for each in reach.prices]
    # The two that may be near each other are held at different heights.
    ends = (
        (lot.quote, cash, (middle, band[0] + 8)),
        (lot.base, coins, (middle, band[1] - 8)),
        ("move", moved, held(band)),
    )
    return [grip(name, "x", [float(each) for each in places], across) for name, places, across in ends]


def _shares(closed: Way, reach: Reach, ends: tuple[float, float], band: Band) -> list[Grip]:
    """Where the bar splits: the more is ended, the further it is from where it ends while nothing is."""
    whole, part = closed.story.moments[PREPARED - 1].after.positions[-1].volume, _ended_volume(closed.story)
    places = [ends[0] + (ends[1] - ends[0]) * float(each * whole / part) for each in reach.share]
    return [grip("share", "x", places, held(band))] if ends[0] != ends[1] and _inside(places) else []


def _fees(closed: Way, reach: Reach, band: Band, at: float) -> list[Grip]:
    """Where closing ends, enlarged: before the other by its fee."""
    traded = _ended_volume(closed.story) * _price(closed.story.moments[PREPARED - 1].after)
    places = [at + _LARGER * float(traded * (closed.story.final.fees["trading"] - each)) for each in reach.fee]
    return [grip("fee", "x", places, held(band))] if _inside(places) else []


def _inside(places: Iterable[float]) -> bool:
    return all(_ACROSS[0] <= place <= _ACROSS[1] for place in places)


def headline(settled: Way, closed: Way) -> str:
    """The one message: what each way leaves you beyond what both leave, and how far apart that is."""
    left = [
        listed([money(entry.amount, entry.currency) for entry in way.seen.own]) or "nothing"
        for way in (settled, closed)
    ]
    if not closed.end:
        return f"Settling leaves {left[0]}; closing is refused"
    if not settled.end:
        unpaid = [money(amount, code) for code, amount in closed.story.final.unpaid.items() if amount]
        return f"Settling is refused; closing leaves {f'{listed(unpaid)} unpaid' if unpaid else left[1]}"
    gap, shared = abs(settled.end.own_worth - closed.end.own_worth), _shared(settled.seen, closed.seen)
    differ = f"{money(gap, closed.end.currency)} apart" if gap else "the same net worth"
    more = [_listed(_beyond(way.seen, shared).own) for way in (settled, closed)]
    if not any(more):
        return f"Settling and closing leave {left[0]}: {differ}"
    return f"Settling leaves {more[0] or 'nothing'} more, closing {more[1] or 'nothing'}: {differ}"


def words(settled: Story, closed: Story) -> list[str]:
    """How it stands, then what both ways do and why, with the rules: the terminal's own sentences."""
    opening, move = closed.moments[:PREPARED]
    lot = opening.after.positions[-1]
    owed, held = (money(amount, code) for code, amount in (lot.owed, lot.held))
    told = [
        f"You hold {held}, restricted, and owe {owed} (R1).",
        *(f"At opening, {charge[0].lower()}{charge[1:]}" for charge in sentences.charges(opening)),
        sentences.sentence(move),
    ]
    before = closed.margin_of(move.after)
    book = closed.final.rulebook
    if before and before.level is not None and before.level <= book.liquidation_level:
        told.append(sentences.margin(before, book))
    return [" ".join(told), *(" ".join(_ending(story)) for story in (settled, closed))]


def _ending(story: Story) -> list[str]:
    moments = story.moments[PREPARED:]
    told = [text for moment in moments for text in (sentences.sentence(moment), *sentences.details(moment))]
    if story.error:
        reason = in_panel(sentences.refusal(story.error).partition(": ")[2])
        told += [sentences.attempt(story.error.step), f"It is refused: {reason[0].lower()}{reason[1:]}"]
    return told


def _table(start: State, settled: Way, closed: Way) -> Table:
    """The two columns: what moves, what it costs, what you hold at the end, and where they really differ."""
    base, quote = start.positions[-1].pair.split("/")
    ways = (settled, closed)

    def amounts(name: str, code: str, rules: str, pick: Callable[[State, Outcome], Decimal | Fraction]) -> list[str]:
        one, other = (pick(way.story.final, way.end) if way.end else None for way in ways)
        cells = [_REFUSED if amount is None else money(amount, code) for amount in (one, other)]
        return [name, *cells, _difference(one, other, code), rules]

    aside = ", the deposit aside" if settled.end and settled.end.deposited else ""
    first = (
        [["First", _way_out(settled.story), "–", "", "R6"]] if len(settled.story.scenario.steps) > PREPARED + 1 else []
    )
    rows = [
        *first,
        ["Order", *(_order(way.story) for way in ways), "opposite", "R9, R19"],
        ["Repays", _paid(settled.story), _repaid(start), "", "R3, R10"],
        ["Result", "none" if settled.end else _REFUSED, _pnl(closed.story), "", "R11"],
        amounts("Fees", quote, "R5, R16", lambda _, end: end.fees),
        amounts(f"Your {quote}", quote, "R3, R11", lambda state, _: state.balance(quote)),
        amounts(f"Your {base}", base, "R4", lambda state, _: state.balance(base)),
        amounts("Still open", base, "R2", lambda state, _: sum((lot.volume for lot in state.positions), ZERO)),
        amounts(f"Net worth{aside}", quote, "B7", lambda _, end: end.own_worth),
    ]
    return table(
        "The two ways, line by line",
        ("", "Settle", "Close", "Difference", "Rules"),
        rows,
        numbers=range(1, 5),
        marks=[row[3] not in ("", "same") for row in rows],
        unfolded=True,
    )


def _difference(one: Decimal | Fraction | None, other: Decimal | Fraction | None, code: str) -> str:
    if one is None or other is None:
        return ""
    return "same" if one == other else money(fraction(one) - fraction(other), code, sign=True)


def _way_out(settled: Story) -> str:
    """What had to be done before settling (R6)."""
    step = settled.moments[PREPARED].step if len(settled.moments) > PREPARED else None
    if isinstance(step, Deposit):
        return f"deposit {money(step.amount, step.currency)}"
    if isinstance(step, Trade):
        return f"{step.side} {money(step.volume, step.pair.partition('/')[0])}"
    return "–"


def _ended_volume(story: Story) -> Decimal:
    """How much the last step ends, in BASE."""
    lot, step = story.moments[0].after.positions[-1], story.scenario.steps[-1]
    assert isinstance(step, Settle | Close)
    volume = lot.volume if step.volume == "all" else step.volume
    assert isinstance(volume, Decimal)
    return volume


def _order(story: Story) -> str:
    """The side and the volume of the order that ends the position (R9, R19)."""
    lot, step, volume = story.moments[0].after.positions[-1], story.scenario.steps[-1], _ended_volume(story)
    side = "buy" if (lot.side == "long") == isinstance(step, Settle) else "sell"
    return f"{side} {money(volume, lot.base)}"


def _paid(settled: Story) -> str:
    """What goes to the exchange from the own balance (R3)."""
    if settled.error:
        return _REFUSED
    row = settled.moments[-1].rows[0]
    return money(-row.amount, row.asset)


def _repaid(start: State) -> str:
    """What a closing repays from its own proceeds (R10)."""
    lot = start.positions[-1]
    return "what sells" if lot.side == "long" else "what is bought"


def _pnl(closed: Story) -> str:
    return marked(sum((each.pnl for each in closed.realised), ZERO), _quote(closed))


def _not_opened(story: Story) -> View:
    """The opening that the exchange refuses: what is there stays, nothing is to end, and what would work (B4)."""
    rows, seen = Rows(_ACROSS, _TICKS), sheet(story.final, _quote(story))
    have = _listed(seen.own) or "nothing"
    rows.say("nothing is opened")
    rows.say(swatch("own", have) if seen.own else "you have nothing")
    _stood(rows, rows.band(_BAR), seen)
    rows.band(_BELOW)
    shown = refused(
        story,
        [touched(rows.drawn(stop=True), name="Settling beside closing", tells=[(f"you have {have}", float(seen.has))])],
        "Nothing is opened, so nothing is owed. Your balances stay as they are (A7).",
        title="The exchange refuses this opening, so there is nothing to end",
    )
    return {**shown, "happens": ["refused"]}
