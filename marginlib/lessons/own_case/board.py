"""What stands beside the paper: the answers as picture, sentences and tables; and all of it as a page to be printed."""

import json
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import TypedDict

from marginlib.analysis.limits import Limit
from marginlib.analysis.limits import Reach as Limited
from marginlib.drawing.pieces import Spec
from marginlib.drawing.screen import Table, table
from marginlib.drawing.still import still
from marginlib.engine.derivation import fraction
from marginlib.engine.errors import Refusal
from marginlib.lessons.own_case.answers import Answers, ApiStep, Change, Closing, Ways, answers
from marginlib.lessons.own_case.case import Case
from marginlib.lessons.own_case.picture import Move, Room, level_figure, rooms_figure
from marginlib.telling.numbers import listed, money, near, percent, price, regrouped
from marginlib.telling.on_page import escape
from marginlib.ways_out import advice
from marginlib.ways_out.orders import Order, Orders, each_way
from marginlib.ways_out.plans import Way


class Part(TypedDict):
    """One question with its answer: sentences, tables, and orders as the API takes them, each with what it is."""

    title: str
    words: list[str]
    tables: list[Table]
    orders: list[list[str]]
    open: bool


class Board(TypedDict):
    """All that stands beside the paper; ``gist`` is the answer in short, ``foot`` says what it rests on."""

    title: str
    alert: str
    gist: list[str]
    figures: list[Spec]
    words: list[str]
    parts: list[Part]
    foot: list[str]


_WAY_HEADS = ("Way out", "Costs", "Closing", "Orders first", "Conversion", "What it asks")
_CHANGE_HEADS = ("Balance", "Now", "Changes by", "of it fees", "Then")
_NONE = "–"


def board(case: Case) -> Board:
    """What a case comes to, as a screen shows it.

    Raises:
        ValueError: the case has problems.

    >>> from marginlib.lessons.own_case.case import empty, read_case
    >>> board(read_case(empty()))["title"]
    'Nothing is written down yet'
    """
    found = answers(case)
    state, summary = found.state, found.standing.margin
    foot = [*found.dates, found.caution]
    if not state.positions:
        there = any(state.balances.values())
        title = "No position is open" if there else "Nothing is written down yet"
        words = (
            ["A position that is open is a row of its own: pair, side, volume, price, leverage."]
            if there
            else ["Write down what you have, a position and its price now: the answers stand here as soon as they can."]
        )
        return {"title": title, "alert": "", "gist": [], "figures": [], "words": words, "parts": [], "foot": foot}
    title, alert, figures = "Your account can't be valued", "", list[Spec]()
    words = [*found.standing.words]
    if summary is not None and summary.level is not None:
        book = state.rulebook
        title = f"Your margin level is {percent(summary.level / 100, 1)}"
        figures = [level_figure(summary.level, book.call_level, book.liquidation_level)]
        rooms = _rooms(found)
        figures += [rooms_figure(rooms)] if rooms else []
        if found.standing.zone in ("call", "liquidation"):
            alert, words = words[0], words[1:]
    parts = [_reach(found), _closing(found), *([_orders(found)] if found.orders else []), _ways(found)]
    parts += [_settling(found), *([_stops(found)] if found.stops else []), _basis(found)]
    return {
        "title": title, "alert": alert, "gist": _gist(found), "figures": figures, "words": words, "parts": parts,
        "foot": foot,
    }  # fmt: skip


# In short


def _gist(found: Answers) -> list[str]:
    """What whoever is in trouble asks first, a sentence each: how far, what closing costs, which way, which order."""
    return [*_nearest(found), *_closed_now(found), *_cheapest(found), *_to_settle(found)]


def _nearest(found: Answers) -> list[str]:
    """The price that has the shortest way to liquidation."""
    limits = found.reach.limits
    ends = [
        (abs(at / fraction(limits.prices[pair]) - 1), pair, at)
        for pair, (_, end) in limits.pairs.items()
        if end is not None and not end.reached
        for at in (end.below, end.above)
        if at is not None
    ]
    if not ends:
        return []
    move, pair, at = min(ends)
    way = "falls" if at < fraction(limits.prices[pair]) else "rises"
    return [
        f"Liquidation is nearest if {pair} {way} by {percent(move, 1)}, to {near(at, pair.partition('/')[2])} (B5)."
    ]


def _closed_now(found: Answers) -> list[str]:
    """What closing all takes."""
    if found.orders is None:
        (closing,) = found.closings
        way = found.ways[0].plan and found.ways[0].plan.way("close")
        if closing.closed or not way or way.cost is None:
            return [f"Closing now: {' '.join(closing.words)}"]
        costs, took = money(way.cost, closing.pairs[0].partition("/")[2]), _took(closing.changes)
        unpaid, what, results = closing.unpaid, "it", "the result itself"
    else:
        best = found.orders.closing.best
        if best is None or found.all_closed is None or best.cost is None:
            return list(found.orders.words[:1])
        costs, took = money(best.cost, found.orders.closing.currency), _took(found.all_closed.changes)
        unpaid, what, results = found.all_closed.unpaid, "all", "the results themselves"
    owed = "".join(f"; {money(due, code)} would stay unpaid (A5)" for code, due in sorted(unpaid.items()))
    return [f"Closing {what} now costs {costs} beside {results}, and in all {took}{owed}."]


def _took(changes: Iterable[Change]) -> str:
    """What becomes of the balances, without the fees in it."""
    signed = [money(each.amount, each.currency, sign=True) for each in changes if each.amount]
    return f"changes your balances by {listed(signed)}" if signed else "changes no balance"


def _cheapest(found: Answers) -> list[str]:
    """The cheapest way out that needs nothing from outside: of several positions, in their cheapest order."""
    if found.orders is None:
        (ways,) = found.ways
        if ways.plan is None or ways.cheapest is None:
            return list(ways.words[-1:]) if ways.plan is None else ["None of the four ways out is open."]
        cost = ways.plan.way(ways.cheapest).cost
        told = f": {money(cost, ways.plan.currency)}" if cost is not None else ""
        return [f"The cheapest way out: {_lower(advice.named(ways.cheapest, ways.plan.currency))}{told}."]
    best = found.orders.best.best
    if best is None or best.cost is None:
        return []
    named = [f"{each.pair}, {_lower(advice.named(each.way, each.pair.partition('/')[2]))}" for each in best.ends]
    told = f"The cheapest way out: {'; then '.join(named)}. It costs {money(best.cost, found.orders.best.currency)}"
    apart = found.orders.best.difference
    if not apart:
        return [f"{told}; another order costs no more."]
    return [f"{told}; the wrong order costs up to {money(apart, found.orders.best.currency)} more (R12)."]


def _lower(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}"


def _to_settle(found: Answers) -> list[str]:
    """What is missing for settling each position."""
    lacking = [
        f"{money(each.need.missing, each.need.currency)} for {each.pair}"
        for each in found.settlings
        if each.need.missing
    ]
    return [f"To settle instead, you would have to deposit {listed(lacking)} (R6)."] if lacking else []


def _part(
    title: str,
    words: Iterable[str],
    tables: Iterable[Table] = (),
    orders: Iterable[list[str]] = (),
    *,
    fold: bool = False,
) -> Part:
    return {"title": title, "words": [*words], "tables": [*tables], "orders": [*orders], "open": not fold}


def _api(steps: Iterable[ApiStep], before: str = "") -> list[list[str]]:
    """Steps as the API takes them, each with what it is."""
    return [[f"{before}{step.what}", json.dumps(step.order)] for step in steps if step.order is not None]


# How far may prices go?


def _moves(limit: Limit | None, now: Fraction) -> tuple[Move, Move]:
    """How far down and up a limit is from now, as shares of it; nothing where it is reached already."""
    if limit is None or limit.reached:
        return None, None
    return tuple(None if at is None else at / now - 1 for at in (limit.below, limit.above))  # type: ignore[return-value]


def _in_words(limit: Limit | None, now: Fraction, what: str) -> str:
    if limit is None:
        return f"{what}: can't be valued"
    if limit.reached:
        return f"{what}: reached already"
    moves = [f"{'+' if move > 0 else ''}{percent(move, 1)}" for move in _moves(limit, now) if move is not None]
    return f"{what} at {' or '.join(moves)}" if moves else f"{what}: at no price"


def _room(name: str, reach: Limited, now: Fraction) -> Room:
    words = [_in_words(limit, now, what) for limit, what in zip(reach, ("call", "liquidation"), strict=True)]
    return Room(name, ", ".join(words), _moves(reach.call, now), _moves(reach.liquidation, now))


def _rooms(found: Answers) -> list[Room]:
    limits = found.reach.limits
    rooms = [_room(f"{pair} alone", each, fraction(limits.prices[pair])) for pair, each in limits.pairs.items()]
    if len(rooms) > 1 or len(limits.prices) > 1:
        rooms.append(_room(f"all but {limits.currency} together", limits.together, Fraction(1)))
    return rooms


def _at(limit: Limit | None, now: Fraction, quote: str) -> str:
    if limit is None:
        return "can't be valued"
    if limit.reached:
        return "reached"
    places = [at for at in (limit.below, limit.above) if at is not None]
    told = [f"{near(at, quote)} ({'+' if at > now else ''}{percent(at / now - 1, 1)})" for at in places]
    return " or ".join(told) or "at no price"


def _reach(found: Answers) -> Part:
    limits = found.reach.limits
    rows = []
    for pair, reach in limits.pairs.items():
        now, quote = limits.prices[pair], pair.partition("/")[2]
        rows.append([pair, price(now, quote), *(_at(limit, fraction(now), quote) for limit in reach)])
    shown = table(
        "How far each price may go, the others as they are",
        ("Pair", "Price now", "Margin call at", "Liquidation at"), rows, numbers=(1, 2, 3),
    )  # fmt: skip
    return _part("How far may prices go?", found.reach.words, [shown])


# What does closing now take?


def _changes(caption: str, changes: Iterable[Change]) -> Table:
    rows = [
        [
            each.currency,
            money(each.before, each.currency),
            money(each.amount, each.currency, sign=True),
            money(each.fee, each.currency) if each.fee else _NONE,
            money(each.after, each.currency),
        ]
        for each in changes
    ]
    return table(caption, _CHANGE_HEADS, rows, numbers=(1, 2, 3, 4))


def _closing(found: Answers) -> Part:
    several = len(found.closings) > 1
    words, tables, orders = list[str](), list[Table](), list[list[str]]()
    if found.all_closed:
        words += found.all_closed.words
        tables.append(_changes(f"All closed, {', then '.join(found.all_closed.pairs)}", found.all_closed.changes))
    for closing, ways in zip(found.closings, found.ways, strict=True):
        words += [f"{closing.pairs[0]} alone: {_briefly(closing, ways)}"] if several else closing.words
        name = f"{closing.pairs[0]} closed{', and nothing else' if several else ''}"
        tables.append(_changes(name, closing.changes))
        orders += _api(ways.steps.get("close", ()))
    return _part("What does closing now take, and from which balance?", words, tables, orders)


def _briefly(closing: Closing, ways: Ways) -> str:
    """Of one among several, what matters: what it costs and takes, and the level that it leaves."""
    if closing.closed or ways.plan is None:
        return " ".join(closing.words)
    told = advice.followed(ways.plan.way("close"))
    left = advice.leaves(ways.plan.way("close"))
    said = " ".join(each for each in closing.words[len(told) :] if each != left)
    return f"{said[:1].lower()}{said[1:]}"


# In which order?


def _orders(found: Answers) -> Part:
    assert found.orders is not None
    closing, best = found.orders.closing, found.orders.best
    tables = [
        _order_table("Each closed in its turn", closing),
        _order_table("Each ended in its cheapest way in its turn", best),
    ]
    return _part("In which order?", found.orders.words, tables, _api(found.orders.steps), fold=not closing.difference)


def _order_table(caption: str, found: Orders) -> Table:
    rows, marks = [], []
    for order, more in each_way(found):
        cost = order.cost
        told = _NONE if cost is None else money(cost, found.currency)
        rows.append([" → ".join(order.pairs), told, _more(order, more, found), _unpaid(order)])
        marks.append(order is found.best and bool(found.difference))
    heads = ("Order", "Costs", "More than the best", "Stays unpaid")
    return table(caption, heads, rows, numbers=(1, 2, 3), marks=marks)


def _more(order: Order, more: str, found: Orders) -> str:
    best = found.best
    alike = best is not None and order.cost is not None and best.cost is not None
    return _NONE if alike and order.cost - best.cost <= found.dust else more  # type: ignore[operator, union-attr]


def _unpaid(order: Order) -> str:
    return listed([money(due, code) for code, due in sorted(order.unpaid.items())]) or _NONE


# Which way out costs least?


def _ways(found: Answers) -> Part:
    words, tables, orders = list[str](), list[Table](), list[list[str]]()
    for ways in found.ways:
        words += ways.words[:2]
        if ways.plan is None:
            continue
        tables.append(_way_table(ways))
        cheapest = ways.cheapest
        if cheapest:
            name = advice.named(cheapest, ways.plan.currency)
            orders += _api(ways.steps.get(cheapest, ()), f"{name}: ")
    return _part("Which way out costs least?", words, tables, orders)


def _way_table(ways: Ways) -> Table:
    assert ways.plan is not None
    plan = ways.plan
    rows = [[advice.named(way.name, plan.currency), *_costs(way, plan.currency)] for way in plan.ways]
    marks = [way.name == ways.cheapest for way in plan.ways]
    return table(f"Ways out of {ways.pair}", _WAY_HEADS, rows, numbers=(1, 2, 3, 4), marks=marks)


def _costs(way: Way, currency: str) -> list[str]:
    if way.closed:
        return [_NONE] * 4 + [regrouped(way.closed)]
    try:
        amounts = [way.cost, *way.parts]
    except Refusal as refusal:
        return [_NONE] * 4 + [regrouped(str(refusal))]
    told = [money(amount, currency) if amount else _NONE for amount in amounts]
    return [told[0] if told[0] != _NONE else money(Decimal(0), currency), *told[1:], advice.asked(way)]


# What does settling need, what does a stop do, and what does it all rest on?


def _settling(found: Answers) -> Part:
    words, tables, orders = list[str](), list[Table](), list[list[str]]()
    for each in found.settlings:
        words += each.words
        orders += _api([each.step])
        if len(each.lots) > 1:
            rows = [
                [f"{lot.row + 1}", money(lot.amount, lot.currency), "there" if lot.enough else "missing"]
                for lot in each.lots
            ]
            name = f"Settling {each.pair}, lot by lot"
            tables.append(table(name, ("Row", "Needs", "After those before it"), rows, numbers=(1,)))
    words += found.together.words if found.together else ()
    return _part("What does a settlement need?", words, tables, orders, fold=True)


def _stops(found: Answers) -> Part:
    words, tables, orders = list[str](), list[Table](), list[list[str]]()
    for stop in found.stops:
        words += stop.words
        tables.append(_changes(f"What the stop in {stop.pair} would change", stop.changes))
        orders += _api([stop.step])
    return _part("What would a stop do?", words, tables, orders)


def _basis(found: Answers) -> Part:
    """Which rules and assumptions each answer rests on."""
    kinds: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
    for name, several in (
        ("Margin level", [found.standing]),
        ("How far prices may go", [found.reach]),
        ("Closing", [*found.closings, *([found.all_closed] if found.all_closed else [])]),
        ("Ways out", found.ways),
        ("Orders", [found.orders] if found.orders else []),
        ("Settling", [*found.settlings, *([found.together] if found.together else [])]),
        ("Stops", found.stops),
    ):
        for each in several:
            rules, assumed = kinds.setdefault(name, ({}, {}))
            rules |= dict.fromkeys(each.rules)
            assumed |= dict.fromkeys(each.assumptions)
    rows = [[name, ", ".join(rules), ", ".join(assumed) or _NONE] for name, (rules, assumed) in kinds.items()]
    words = ["Rules are the exchange's, as its pages tell them; assumptions are ours, where those are silent."]
    return _part(
        "On which rules and assumptions does it rest?",
        words,
        [table("What each answer rests on", ("Answer", "Rules", "Assumptions"), rows)],
        fold=True,
    )


# On paper

_WRITTEN = {
    "balances": "What I have", "lots": "Open positions", "prices": "Prices now", "stops": "Stops to look at",
}  # fmt: skip
_WORDS = ("code", "pair", "side")
_HEADS = {
    ("balances", "code"): "Currency", ("lots", "price"): "Opened at", ("lots", "age"): "Age in hours",
    ("lots", "rollover"): "Own rollover rate, %", ("prices", "price"): "Price", ("stops", "trigger"): "Closes at",
}  # fmt: skip


def printed(case: Case, shown: Board) -> str:
    """A page of its own with the account and its answers, for paper; all text in it is escaped."""
    title = escape(case.fields["title"] or "My account")
    body = "".join(_printed_table(each) for each in _account(case))
    pictures = "".join(still(figure, figure["layout"]["meta"]["name"]) for figure in shown["figures"])
    told = "".join(f"<p><strong>{escape(line)}</strong></p>" for line in (shown["alert"],) if line)
    told += _paragraphs([*shown["gist"], *shown["words"]])
    for part in shown["parts"]:
        orders = "".join(f"<p>{escape(what)}</p><pre>{escape(text)}</pre>" for what, text in part["orders"])
        note = "<p><small>As orders for the API: shown, never sent (B8).</small></p>" if orders else ""
        told += f"<section><h2>{escape(part['title'])}</h2>{_paragraphs(part['words'])}"
        told += f"{''.join(map(_printed_table, part['tables']))}{note}{orders}</section>"
    foot = _paragraphs(shown["foot"])
    return _PAPER.format(title=title, body=body, head=escape(shown["title"]), pictures=pictures, told=told, foot=foot)


def _paragraphs(lines: Iterable[str]) -> str:
    return "".join(f"<p>{escape(line)}</p>" for line in lines)


def _account(case: Case) -> list[Table]:
    """What was written down, as tables: what is empty is left out."""
    fields, tables = case.fields, []
    for name, caption in _WRITTEN.items():
        rows = [each for each in fields[name] if any(each.values())]
        heads = [head for head in (rows[0] if rows else {}) if any(each[head] for each in rows)]
        cells = [[each[head] for head in heads] for each in rows]
        named = [_HEADS.get((name, head), head.capitalize()) for head in heads]
        tables.append(table(caption, named, cells, numbers=[at for at, head in enumerate(heads) if head not in _WORDS]))
    fees = [[name, f"{rate} %"] for name, rate in fields["fees"].items() if rate]
    tables.append(table("Fees", ("Fee", "Rate"), fees, numbers=(1,)))
    return [each for each in tables if each["rows"]]


def _printed_table(shown: Table) -> str:
    def row(cells: Iterable[str], tag: str) -> str:
        kinds = [' class="n"' if column["number"] else "" for column in shown["columns"]]
        return "".join(f"<{tag}{kind}>{escape(cell)}</{tag}>" for kind, cell in zip(kinds, cells, strict=True))

    heads = row((column["label"] for column in shown["columns"]), "th")
    body = "".join(f'<tr data-mark="{each["mark"]}">{row(each["cells"], "td")}</tr>' for each in shown["rows"])
    caption = escape(shown["caption"])
    return f"<table><caption>{caption}</caption><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


_PAPER = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
body {{ font: 11pt/1.45 system-ui, sans-serif; color: black; background: white; max-width: 48rem; margin: 1.5rem auto;
  padding: 0 1rem; }}
h1 {{ font-size: 1.5rem; }} h2 {{ font-size: 1.15rem; margin: 1.4em 0 0.3em; }} p {{ margin: 0.3em 0; }}
img {{ max-width: 100%; height: auto; display: block; margin: 0.5em 0; }}
table {{ border-collapse: collapse; width: 100%; margin: 0.6em 0; font-size: 0.9em; }}
td {{ font-variant-numeric: tabular-nums; }}
caption {{ text-align: left; font-weight: 600; }}
th, td {{ text-align: left; vertical-align: top; padding: 2px 8px 2px 0; border-bottom: 1px solid #bbb; }}
.n {{ text-align: right; white-space: nowrap; }} tr[data-mark="taken"] {{ font-weight: 700; }}
pre {{ white-space: pre-wrap; border: 1px solid #bbb; padding: 4px 8px; font-size: 0.85em; }}
section, table, img, pre {{ break-inside: avoid-page; }} h2 {{ break-after: avoid; }}
</style></head><body><main><h1>{title}</h1>{body}<h2>{head}</h2>{pictures}{told}<hr>{foot}
<p>The Margin Workbook. Not affiliated with any exchange, and not advice.</p></main></body></html>
"""
