"""A plan in sentences: each way out, what it costs and why, what it leaves, and where the answer turns.

Nothing is computed here: the amounts are those of :mod:`marginlib.ways_out.plans` and
:mod:`marginlib.ways_out.break_even`.
"""

from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from marginlib.engine.account import State
from marginlib.engine.amounts import EXACT, ZERO, plain, rounded
from marginlib.engine.scenario import Close, Settle
from marginlib.engine.story import Story
from marginlib.telling import sentences as words
from marginlib.telling.numbers import brief, decimals, listed, money, near, number, percent, price, regrouped
from marginlib.ways_out.break_even import Flip, break_even_fee, flips
from marginlib.ways_out.covering import covered_to, little_first, orders_to, part_first
from marginlib.ways_out.plans import NOT_NEEDED, Plan, Way, WayName, open_pairs, plan

_LOWEST, _HIGHEST, _PLACES = Decimal("0.1"), Decimal(3), 60  # how far from the present price an answer may turn
_NAMES: dict[WayName, str] = {
    "close": "Close now",
    "buy": "Buy {quote} first, then close",
    "deposit": "Deposit {quote}, then close",
    "settle": "Settle",
}


@dataclass(frozen=True)
class Report:
    """A plan, and where its answer turns: what ``marginlib plan`` prints of one position."""

    plan: Plan
    state: State
    break_even_fee: Decimal | None
    flips: tuple[Flip | None, Flip | None]
    part_first: Way | None
    little_first: Way | None

    def reopening(self) -> list[str]:
        """What opens ordinary orders again where the margin level forbids them, in sentences (B2, B9)."""
        return reopening(self.plan, self.part_first, self.little_first)

    def turning(self) -> list[str]:
        """At which trading fee, and at which prices, the answer is another, in sentences."""
        return turning(self.plan, self.state.fees["trading"], self.break_even_fee, self.flips)

    def as_json(self) -> dict[str, Any]:
        """The report as plain data: amounts in QUOTE as plain decimal strings, to QUOTE's ledger precision."""
        plan, places = self.plan, self.state.rulebook.places(self.plan.currency)
        below, above = (flip and {"price": plain(flip.price), "cheapest": flip.cheapest} for flip in self.flips)
        return {
            "pair": plan.pair,
            "currency": plan.currency,
            "price": plain(self.state.price(plan.pair)),
            "pnl": plain(plan.pnl),
            "cheapest": plan.cheapest,
            "tied": [*plan.tied],
            "cheapest_of_all": plan.cheapest_of_all,
            "trading_fee": plain(self.state.fees["trading"]),
            "break_even_fee": None if self.break_even_fee is None else plain(self.break_even_fee),
            "flips": {"below": below, "above": above},
            "ways": [_way_json(way, places) for way in plan.ways],
            "reopening": [_way_json(way, places) for way in (self.part_first, self.little_first) if way],
        }


def _way_json(way: Way, places: int) -> dict[str, Any]:
    if way.cost is None:
        return {"name": way.name, "open": False, "why_not": way.closed}
    closing, ordering, converting = (plain(rounded(part, places)) for part in way.parts)
    return {
        "name": way.name,
        "open": True,
        "steps": [step.as_data() for step in way.steps],
        "cost": plain(rounded(way.cost, places)),
        "closing_fee": closing,
        "order_fees": ordering,
        "conversion_fees": converting,
        "deposit": plain(way.deposited),
        "unpaid": plain(way.unpaid),
        "balances": {code: plain(amount) for code, amount in sorted(way.left.balances.items())},
    }


def reports(story: Story, pair: str = "") -> list[Report]:
    """A report on the position in a pair, or on every open one: each from where the story stands, by itself.

    Raises:
        Refusal: ``no_position``; ``missing_price``, when something can't be priced.
        ValueError: the story ended with a refused step.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> (report,) = reports(replay(Scenario.of({
    ...     "balances": {"EUR": "500", "BTC": "0.1"}, "prices": {"BTC/EUR": "50000"}, "fees": {"trading": "0.004"},
    ...     "steps": [{"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.2", "leverage": 5},
    ...               {"do": "price", "pair": "BTC/EUR", "price": "45000"}]})))
    >>> [(way["name"], way.get("cost", way.get("why_not", "")[:28])) for way in report.as_json()["ways"]]
    [('close', '49.8462'), ('buy', '38.1687'), ('deposit', '36'), ('settle', 'Settling needs 10000 EUR, an')]
    >>> report.as_json()["break_even_fee"]
    '0.025'
    """
    state, found = story.final, []
    for each in [pair] if pair or not open_pairs(story) else open_pairs(story):
        seen = plan(story, each)
        now = state.price(seen.pair)
        with localcontext(EXACT):
            turns = flips(story, seen.pair, now * _LOWEST, now * _HIGHEST, _PLACES)
        late = seen.way("buy").closed.endswith("(B9).")
        reopened = (way(story, seen.pair) if late else None for way in (part_first, little_first))
        found.append(Report(seen, state, break_even_fee(story, seen.pair), turns, *reopened))
    return found


def no_report(step: int | None, code: str, message: str) -> dict[str, Any]:
    """The ``--json`` result where there is nothing to plan.

    >>> no_report(None, "no_position", "Nothing is open.")["error"]["code"]
    'no_position'
    """
    return {"status": "error", "plans": [], "error": {"step": step, "code": code, "message": message}}


def named(name: WayName, quote: str) -> str:
    """A way's name.

    >>> named("buy", "EUR")
    'Buy EUR first, then close'
    """
    return _NAMES[name].format(quote=quote)


def standing(plan: Plan, state: State) -> str:
    """How the position stands before any of the ways.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> import marginlib.ways_out.plans
    >>> story = replay(Scenario.of({
    ...     "balances": {"EUR": "500", "BTC": "0.1"}, "prices": {"BTC/EUR": "50000"}, "fees": {"trading": "0.004"},
    ...     "steps": [{"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.2", "leverage": 5},
    ...               {"do": "price", "pair": "BTC/EUR", "price": "45000"}]}))
    >>> standing(marginlib.ways_out.plans.plan(story), story.final)
    'At 45,000.00 EUR, your long of 0.2 BTC in BTC/EUR stands at a loss of 1,000.00 EUR, fees aside (R11).'
    """
    lots, base = state.lots(plan.pair), plan.pair.partition("/")[0]
    with localcontext(EXACT):
        volume = money(sum((lot.volume for lot in lots), ZERO), base)
    several = f", {len(lots)} lots," if len(lots) > 1 else ""
    result = f"{'loss' if plan.pnl < 0 else 'profit'} of {money(abs(plan.pnl), plan.currency)}"
    at = price(state.prices[plan.pair], plan.currency)
    stands = f"a {result}, fees aside" if plan.pnl else "neither profit nor loss, fees aside"
    return f"At {at}, your {lots[0].side} of {volume} in {plan.pair}{several} stands at {stands} (R11)."


def followed(way: Way) -> list[str]:
    """What happens on a way, or why it isn't open."""
    if way.closed:
        return [regrouped(way.closed)]
    told = []
    for moment in way.moments:
        told.append(words.sentence(moment))
        if isinstance(moment.step, Close | Settle):
            told += words.details(moment)
    return told


def cost(way: Way) -> str:
    """What a way costs beside the profit or loss itself, and of what (R5, R16, R17); empty where it isn't open."""
    if way.cost is None:
        return ""
    quote = way.pair.partition("/")[2]
    parts = [
        f"{money(amount, quote)} {what}"
        for amount, what in zip(
            way.parts,
            ("trading fee of the closing (A9)", "trading fee of what is ordered first (R17)", "for converting (R16)"),
            strict=True,
        )
        if amount
    ]
    total = money(way.cost, quote) if parts else "nothing"
    alone = "" if not parts else parts[0].split(f"{quote} ", 1)[1]
    one = f" {alone}" if alone.startswith("for ") else f", the {alone}" if alone else ""
    of_these = f": {listed(parts)}" if len(parts) > 1 else one
    free = "" if parts else ": no trade takes place, and nothing is converted (R5)" if way.name == "settle" else ""
    return f"It costs {total}{of_these}{free}."


def asked(way: Way) -> str:
    """What a way needs from outside or from your balance; empty where it needs nothing."""
    quote = way.pair.partition("/")[2]
    if way.closed or not way.deposited:
        return ""
    return f"It needs {money(way.deposited, quote)} from outside. That is no cost: it pays the loss."


def leaves(way: Way) -> str:
    """What is in the balances after a way, and what stays unpaid; empty where it isn't open."""
    if way.closed:
        return ""
    held = [money(amount, code) for code, amount in sorted(way.left.balances.items()) if amount]
    unpaid = f"; {money(way.unpaid, way.pair.partition('/')[2])} stay unpaid (A5)" if way.unpaid else ""
    return f"It leaves {listed(held) if held else 'nothing'}{unpaid}."


def answer(plan: Plan) -> str:
    """The cheapest way, named, with what it saves over closing now; and the deposit beside it where that is cheaper."""
    quote, best, of_all = plan.currency, plan.cheapest, plan.cheapest_of_all
    if best is None:
        return "None of the four ways is open."
    cheapest, direct = plan.way(best).cost, plan.way("close").cost
    assert cheapest is not None
    saves = direct is not None and direct - cheapest > plan.dust
    saved = f", {money(direct - cheapest, quote)} less than closing now" if direct and saves else ""
    amount = money(cheapest, quote) if cheapest > plan.dust else "nothing"
    if len(plan.tied) > 1:
        names = " or ".join(named(name, quote) for name in plan.tied)
        told = f"Cheapest: {names}. They cost the same, {amount} beside the result itself{saved}."
    else:
        told = f"Cheapest: {named(best, quote)}. It costs {amount} beside the result itself{saved}."
    if of_all == best or of_all is None:
        return told
    way = plan.way(of_all)
    assert way.cost is not None
    return (
        f"{told} With {money(way.deposited, quote)} from outside, a deposit costs less still: {money(way.cost, quote)}."
    )


def reopening(plan: Plan, part: Way | None, little: Way | None) -> list[str]:
    """What opens ordinary orders again where the margin level forbids them, told by itself (B2, B9)."""
    (base, quote), told = plan.pair.split("/"), []
    if closed := _closed_first(part):
        volume, in_all = closed
        told.append(
            f"Orders are refused now, but you may first close {money(volume, base)}, whose loss your {quote} "
            f"bear: that frees used margin. Then buy {quote}, and close the rest; it costs "
            f"{money(in_all, quote)} in all (B2, B9, R17)."
        )
    if little and little.cost is not None:
        told.append(
            f"With {money(little.deposited, quote)} from outside the orders are open as well; then it costs "
            f"{money(little.cost, quote)} (B9)."
        )
    return told


def reopening_after(plan: Plan, part: Way | None, little: Way | None) -> list[str]:
    """The same where it has just been told that buying first isn't open, and why (B2, B9, R13, R17)."""
    (base, quote), told = plan.pair.split("/"), []
    if closed := _closed_first(part):
        volume, in_all = closed
        told.append(
            f"But you can close a part first: {brief(volume, base)}. Your {quote} bear the loss of that, nothing is "
            f"converted, and less margin is tied up. Then you may order again; it all costs {money(in_all, quote)} "
            "(B2, R13, R17)."
        )
    if little and little.cost is not None:
        amount, costs = money(little.deposited, quote), money(little.cost, quote)
        more = "Or bring" if told else "Only money from outside opens orders again: bring"
        told.append(f"{more} in {amount}, and order then: that costs {costs}, and the money is still yours (R6, B9).")
    return told


def _closed_first(part: Way | None) -> tuple[Decimal, Fraction] | None:
    """The volume that closing a part first begins with, in BASE, and what all of it costs, in QUOTE."""
    if part is None or part.cost is None or not isinstance(first := part.steps[0], Close):
        return None
    return Decimal(first.volume), part.cost


def turning(plan: Plan, fee: Decimal, even: Decimal | None, turns: tuple[Flip | None, Flip | None]) -> list[str]:
    """At which trading fee, and at which prices, the answer is another."""
    quote, told = plan.currency, []
    if even is not None:
        side = "below that, to buy first is cheaper; above it, to close now"
        told.append(
            f"At a trading fee of {percent(even, 4)} closing now and buying first cost the same: {side}. "
            f"The fee here is {percent(fee)} (R16, R17)."
        )
    for flip, beyond in zip(turns, ("Below", "Above"), strict=True):
        if flip:
            then = f"the cheapest is: {named(flip.cheapest, quote)}" if flip.cheapest else "none of the ways is open"
            told.append(f"{beyond} {near(flip.price, quote)}{_because(flip)}, {then}.")
    return told


def turning_from_here(story: Story, plan: Plan, even: Decimal | None, *, missing: bool) -> list[str]:
    """The same as seen from the present price: where QUOTE would bear the loss alone, and where orders are refused.

    ``missing``: whether QUOTE doesn't bear the loss now.

    Raises:
        Refusal: ``missing_price``.
    """
    state, quote, told = story.final, plan.currency, []
    beyond, nearer = ("Below", "Above") if state.lots(plan.pair)[0].side == "long" else ("Above", "Below")
    if even is not None:
        told.append(
            f"At a trading fee of {percent(even)} closing now and buying first would cost the same; above it, "
            "buying first costs more."
        )
    covered = covered_to(state, plan.pair)
    if covered is not None and state.balance(quote) and missing:
        told.append(f"{nearer} {near(covered, quote)} your {quote} would bear the loss alone (R13).")
    bought = plan.way("buy")
    if bought.cost is not None and bought.cost < (plan.way("close").cost or 0):
        edge = orders_to(story, bought)
        if edge is not None:
            least = percent(state.rulebook.opening_level / 100)
            # Five digits: where orders end, their own rounding blurs the sixth.
            at = f"{number(edge, decimals(edge, 5))} {quote}"
            told.append(f"{beyond} {at} an order would leave your margin level under {least}, and is refused (B9).")
    return told


def _because(flip: Flip) -> str:
    """Why the answer of now is none beyond a price, where that is known."""
    if "B9" in flip.why:
        return ", where the margin level forbids orders (B9)"
    return ", where nothing is converted" if flip.why.startswith(NOT_NEEDED) else ""
