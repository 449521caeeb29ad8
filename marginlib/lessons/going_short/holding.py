"""A margin short and a futures short, side by side as days pass: the five rows in which they differ (R23)."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

from marginlib.analysis.futures import FUNDING_HOURS, Perpetual
from marginlib.analysis.limits import limit_price
from marginlib.analysis.sheet import sheet
from marginlib.drawing.screen import View, screen, table
from marginlib.engine.amounts import ZERO
from marginlib.lessons.going_short.held import ROWS, Held
from marginlib.lessons.going_short.multiples import Ranges, figures
from marginlib.telling import sentences
from marginlib.telling.events import fallen
from marginlib.telling.numbers import money, number, percent


def view(row: str, held: Held, ranges: Ranges) -> View:
    """What the screen shows of one of the five rows."""
    title, told, rows = _ROWS[row](held)
    heads = ("", "Margin short", "Futures short", "Rules")
    happens = ["break-even"] if held.contract.pnl(held.now) > 0 else []
    happens += fallen(held.month.margin_of(held.state), held.state.rulebook)
    return screen(
        title,
        figures(row, held, ranges),
        told,
        [table(f"{row.capitalize()}: side by side", heads, rows, unfolded=True)],
        happens=happens,
    )


Shown = tuple[str, list[str], list[list[str]]]
"""A title, sentences, and the rows of a table."""


def _borrowed(held: Held) -> Shown:
    lot, quote = held.lot, held.lot.quote
    seen, equity = sheet(held.state, quote), held.contract.equity(held.now, held.received)
    pnl = held.contract.pnl(held.now)
    owed, sold = money(lot.volume, lot.base), money(lot.cost, quote)
    worth, gain = money(seen.owes, quote), money(pnl, quote, sign=True)
    title = f"The margin short owes {owed}, worth {worth} now; the futures short owes nothing"
    told = [
        f"On margin, {owed} was really lent to you and really sold: you hold the {sold} and owe the coin, whatever it "
        f"costs (R1).",
        f"A future is a contract between two traders. No coin is lent and none is sold; the difference to the opening "
        f"price, {gain} so far, is all there is to it (R23).",
        f"Yours are {money(seen.yours, quote)} on margin and {money(equity, quote)} with the future; what sets them "
        f"apart is what holding costs (R21, R23).",
    ]
    rows = [
        ["Borrowed", owed, "nothing", "R1, R23"],
        ["Held for it", f"{sold}, restricted", "a contract", "R1"],
        ["Profit or loss so far", gain, gain, "R11"],
        ["Yours", money(seen.yours, quote), money(equity, quote), "B1"],
    ]
    return title, told, rows


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _paid(amount: Decimal, quote: str) -> str:
    """Funding in words."""
    if not amount:
        return "funding comes to nothing"
    return f"funding has {'brought' if amount > 0 else 'cost'} {money(abs(amount), quote)}"


def _holding(held: Held) -> Shown:
    lot, quote = held.lot, held.lot.quote
    cost, got = money(held.cost, quote), _paid(held.received, quote)
    rolled = held.rollovers
    value, opening = money(lot.volume * held.now, quote), held.costs[0]
    each = money(rolled[0].fee - rolled[0].amount, quote) if rolled else ""
    every = number(held.state.rulebook.rollover_hours, 20)
    payments = held.days * 24 // FUNDING_HOURS
    rate = held.state.lending_rate("opening", lot.base)
    at_opening = f"The opening fee takes {money(opening, quote)}, {percent(rate, 4)} of what was extended"
    rolls = f"{len(rolled)} rollovers follow, one for every full {every} hours" if rolled else "no rollover is due yet"
    lent = money(lot.volume, lot.base)
    of_what = f", each {percent(lot.rollover, 4)} of the {lent} extended, {value} now: {each}" if rolled else ""
    title = f"After {_days(held.days)} borrowing has cost {cost}; {got}"
    told = [
        f"{at_opening}; {rolls}{of_what} (R21, B6). You pay it whether the price rises or falls.",
        _mirrored(held),
        f"The future has no interest. Every {FUNDING_HOURS} hours one side pays the other funding on {value}: at a "
        f"rate above zero longs pay shorts, below zero shorts pay longs (R23). After {payments} payments, {got}.",
        "Funding rates here are made up: the sources give none, and a real one changes from payment to payment.",
    ]
    rows = [
        ["At opening", money(-opening, quote), "nothing", "B6"],
        ["Then, every", f"{every} hours", f"{FUNDING_HOURS} hours", "B6, R23"],
        ["So many times so far", str(len(rolled)), str(payments), ""],
        ["Paid to", "the exchange", "the other side, or from it", "R21, R23"],
        ["In all so far", money(-held.cost, quote), money(held.received, quote, sign=True), ""],
    ]
    return title, told, rows


def _mirrored(held: Held) -> str:
    """What a long of the same size would have paid: for another currency, at its own rate (B6)."""
    (long,) = held.mirror.final.positions
    each = money(long.cost * long.rollover, long.quote)
    return (
        f"A long of the same size would borrow {money(long.cost, long.quote)}, and each currency has its own rate "
        f"(B6): at {percent(long.rollover, 4)} (made up) it would pay {each} each time, at any price, and "
        f"{money(held.long_cost, long.quote)} in all so far."
    )


def _liquidated(held: Held) -> Shown:
    lot, quote, state = held.lot, held.lot.quote, held.state
    book = state.rulebook
    call, gone = (limit_price(state, quote, level, lot.pair).nearest for level in (book.call_level, ZERO))
    assert call
    assert gone
    at, other = (money(limit, quote) for limit in held.liquidated)
    summary = held.month.margin_of(state)
    assert summary
    assert summary.level is not None
    ratio, limit = held.contract.margin_ratio(held.now, held.received), held.contract.maintenance
    title = f"The margin short would be liquidated near {at}, the futures short near {other}"
    told = [
        f"{sentences.margin(summary, book)} A short's used margin grows with the price, so the room shrinks from two "
        f"sides (B2, B5).",
        f"A future has a margin ratio, what backs it ÷ what the contract is worth: {percent(ratio)} now. It is "
        f"liquidated at {percent(limit)} in this model; that number is made up, as the sources name the trigger and "
        f"no number (R23).",
        f"The source has the margin short liquidated when equity can't cover what was borrowed. That would be at "
        f"{money(gone, quote)}; by the exchange's own page it comes sooner (C3).",
    ]
    rows = [
        ["What is watched", "the margin level of all you have", "the contract's margin ratio", "B3, R23"],
        ["Now", percent(summary.level / 100), percent(ratio), "B3"],
        ["Margin call", f"at {percent(book.call_level / 100)}: {money(call, quote)}", "–", "B5"],
        [
            "Liquidation",
            f"at {percent(book.liquidation_level / 100)}: {at}",
            f"at {percent(limit)}: {other}",
            "B5, R23",
        ],
        ["All gone (equity 0)", money(gone, quote), _all_gone(held), "C3"],
    ]
    return title, told, rows


def _gone(held: Held) -> Fraction:
    """The price at which what backs the contract is used up."""
    contract = held.contract
    whole = Perpetual(contract.side, contract.size, contract.open_price, contract.collateral, ZERO)
    return whole.liquidation_price(held.received) or Fraction(0)


def _all_gone(held: Held) -> str:
    return money(_gone(held), held.lot.quote)


def _ending(held: Held) -> Shown:
    assert held.closed
    lot, quote = held.lot, held.lot.quote
    left, other = held.closed.final.balance(quote), held.contract.equity(held.now, held.received)
    pnl = money(held.closed.realised[0].pnl, quote, sign=True)
    gap, volume = left - other, money(lot.volume, lot.base)
    apart_ = f"{money(abs(gap), quote)} apart" if gap else "the same"
    title = (
        f"Closed now, the margin short leaves {money(left, quote)}, the futures short {money(other, quote)}: {apart_}"
    )
    told = [
        f"On margin coins change hands: {volume} is bought for {money(lot.volume * held.now, quote)} and repaid, and "
        f"the difference is yours (R9 to R11). You could also settle with {volume} of your own, and keep the "
        f"{money(lot.cost, quote)} (R3, R4).",
        f"A contract is ended by the opposite contract: the difference, {pnl}, is paid, and no coin was ever there "
        f"(R23).",
        f"Profit or loss is the same, {pnl}. What sets the two apart is holding: borrowing has cost "
        f"{money(held.cost, quote)}, {_paid(held.received, quote)}. Trading fees are left out here.",
    ]
    rows = [
        ["Ended by", f"buying {volume}, or settling with it", "the opposite contract", "R2, R9, R23"],
        ["What moves", "coins and money", "money only", "R3, R10"],
        ["Profit or loss", pnl, money(held.contract.pnl(held.now), quote, sign=True), "R11"],
        ["Holding it", money(-held.cost, quote), money(held.received, quote, sign=True), "B6, R23"],
        ["You have then", money(left, quote), money(other, quote), ""],
    ]
    return title, told, rows


def _protected(held: Held) -> Shown:
    assert held.stops
    quote, (stopped, refused) = held.lot.quote, held.stops
    (result,) = stopped.moments[-1].realised
    assert refused.error
    trigger = money(result.price, quote)
    left = stopped.final.balance(quote) - held.contract.collateral
    other = held.contract.pnl(result.price) + held.received
    at, late = [money(limit, quote) for limit in held.liquidated], held.too_late
    by_stop = (
        f"At {trigger}, 10 % above the price now, the result is {money(result.pnl, quote, sign=True)}; borrowing has "
        f"cost {money(held.cost, quote)}, so {money(left, quote, sign=True)} remain."
    )
    too_late = (
        f"This one stands at {trigger}, 10 % above the price now: too far. After all that borrowing has cost, "
        f"{money(held.cost, quote)}, the short is liquidated near {at[0]}, before the stop (B5)."
    )
    by_close = f"with its funding, {money(other, quote, sign=True)}"
    if late[1]:
        by_close = f"at {trigger} it comes too late, as the contract is liquidated near {at[1]}, before the stop"
    beyond = (
        "A stop closes at the first price beyond it, which may be worse."
        if any(late)
        else "Either stop closes at the first price beyond it, which may be worse."
    )
    told = [
        f"A rising price is what hurts a short, so its stop stands above the price and buys (R22). "
        f"{too_late if late[0] else by_stop}",
        f"This workbook refuses a stop that sells, so that you see the mistake. "
        f"{sentences.refusal(refused.error).partition(': ')[2]} Don't count on an order form to refuse it.",
        f"A future takes a stop that closes the contract, or a long of the same size (R23): {by_close}. {beyond}",
    ]
    ended = [
        f"liquidated near {limit}, before the stop" if is_late else money(made, quote, sign=True)
        for is_late, limit, made in zip(late, at, (left, other), strict=True)
    ]
    rows = [
        ["Stop", "buy stop-loss", "close stop, or a reverse long", "R22, R23"],
        ["Stands", "above the price", "above the price", ""],
        ["A stop that sells", "would add to the short", "would add to the short", "R22"],
        [f"Ended at {trigger}", *ended, "B5, R11" if any(late) else "R11"],
    ]
    return _stopped_title(trigger, late, at), told, rows


def _stopped_title(trigger: str, late: tuple[bool, bool], at: list[str]) -> str:
    """What a stop there ends, or which of the two is liquidated before the price reaches it."""
    match late:
        case (False, False):
            return f"A stop that buys, at {trigger}, ends the margin short; a close stop there ends the futures short"
        case (True, False):
            return (
                f"The margin short is liquidated before the stop at {trigger}, near {at[0]}; a close stop there ends "
                "the futures short"
            )
        case (False, True):
            return (
                f"A stop that buys, at {trigger}, ends the margin short; the futures short is liquidated before the "
                f"stop, near {at[1]}"
            )
        case _:
            return (
                f"Both are liquidated before the stop at {trigger}: the margin short near {at[0]}, the futures short "
                f"near {at[1]}"
            )


_ROWS: dict[str, Callable[[Held], Shown]] = dict(
    zip(ROWS, (_borrowed, _holding, _liquidated, _ending, _protected), strict=True)
)
