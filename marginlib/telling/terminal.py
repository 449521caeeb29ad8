"""How stories and rules look on a terminal: sentences and tables in 80 columns, readable without colour.

Nothing here decides or computes: the sentences are those of :mod:`marginlib.telling.sentences`, the amounts are the
story's.
"""

import re
import sys
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal, localcontext
from fractions import Fraction

from rich.box import SIMPLE_HEAD, Box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from marginlib.engine.account import Realised
from marginlib.engine.amounts import EXACT, ZERO
from marginlib.engine.errors import InvalidScenario
from marginlib.engine.story import Moment, Story
from marginlib.reading.rulebooks import Rule
from marginlib.telling import sentences as words
from marginlib.telling.numbers import exact, money, number, percent, price, regrouped
from marginlib.ways_out import advice
from marginlib.ways_out.advice import Report
from marginlib.ways_out.plans import NOT_NEEDED, Plan

_PIPED_WIDTH, _MOST_WIDTH, _TABLE_WIDTH, _MOST_TITLE, _HEIGHT = 80, 100, 70, 200, 25
_ASCII_HEAD = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
_NBSP = "\N{NO-BREAK SPACE}"
_BOUND = re.compile(r"(?<=[0-9]) (?=[A-Z0-9]{1,16}\b)|(?<=[0-9],) (?=[RABC][0-9])")
_CITED = re.compile(r"\([RABC][0-9]+(?:,\s+[RABC][0-9]+)*\)")
_GROUPS = {
    "R": "What the two articles say",
    "A": "Where they are silent: assumptions of this workbook",
    "B": "What further pages of the exchange add",
    "C": "Where the sources disagree",
}


def show_story(story: Story, name: str) -> None:
    """Print a story: the steps with what followed from each, then how things stand at the end."""
    with _page() as page:
        _heading(page, _clean(story.scenario.title or "") or name)
        page.print()
        _steps(page, story)
        _balances(page, story)
        _positions(page, story)
        if story.final.stops:
            _section(page, "Waiting stops", words.stops(story.final))
        _margin(page, story)


def show_plans(story: Story, reports: Iterable[Report], name: str) -> None:
    """Print the four ways out of each open position, what each costs, and where the answer turns."""
    with _page() as page:
        _heading(page, _clean(story.scenario.title or "") or name)
        for report in reports:
            plan = report.plan
            page.print()
            _say(page, advice.standing(plan, report.state), 2)
            page.print()
            page.print(Padding(_costs(page, plan), (0, 0, 0, 2)))
            page.print()
            for sentence in (advice.answer(plan), *report.reopening(), *report.turning()):
                _say(page, sentence, 2)
            for way in plan.ways:
                told = [*advice.followed(way), advice.cost(way), advice.asked(way), advice.leaves(way)]
                _section(page, advice.named(way.name, plan.currency), filter(None, told))


def show_no_plan(step: int | None, code: str, message: str, name: str) -> None:
    """Print why there is nothing to plan: no scenario, a step that is refused, or nothing open."""
    with _page() as page:
        _heading(page, name)
        page.print()
        if code == InvalidScenario.code:
            _say(page, _no_scenario(message), 2)
        else:
            refused = f"Step {step + 1} is refused, so there is nothing to plan: " if step is not None else ""
            _say(page, refused + regrouped(_clean(message)), 2)


def _costs(page: Console, plan: Plan) -> Table:
    """The ways beside each other; the cheapest is marked by a word."""
    quote = plan.currency
    table = _table(page, "Way", f"Costs, {quote}", "Closing", "Orders", "Converting", "", left=1)
    for way in plan.ways:
        name = advice.named(way.name, quote).partition(",")[0]
        if way.cost is None:
            table.add_row(name, "not needed" if way.closed.startswith(NOT_NEEDED) else "not open", "", "", "", "")
            continue
        mark = "cheapest" if way.name == plan.cheapest else "with a deposit" if way.name == plan.cheapest_of_all else ""
        table.add_row(name, _bare(way.cost, quote), *(_bare(part, quote) if part else "–" for part in way.parts), mark)
    return table


def show_invalid(error: InvalidScenario, name: str) -> None:
    """Print why something is no scenario: the place, and what was expected there."""
    with _page() as page:
        _heading(page, name)
        page.print()
        _say(page, _no_scenario(str(error)), 2)


def _no_scenario(message: str) -> str:
    told = f"This can't be replayed: {_clean(message)}"
    return told if told.endswith(("?", ".")) else f"{told}."


def list_rules(rules: Iterable[Rule]) -> None:
    """Print the ids and titles of the rules, in groups."""
    with _page() as page:
        group = ""
        for rule in rules:
            if rule.id[0] != group:
                if group:
                    page.print()
                group = rule.id[0]
                _heading(page, _GROUPS.get(group, group))
            _say(page, rule.title, 2, f"{rule.id:<5}")


def show_rules(rules: Iterable[Rule]) -> None:
    """Print rules in full, each with its source."""
    with _page() as page:
        for index, rule in enumerate(rules):
            if index:
                page.print()
            _heading(page, f"{rule.id}: {rule.title}")
            _say(page, rule.text, 2)
            _say(page, f"Source: {rule.source}", 2)


@contextmanager
def _page() -> Iterator[Console]:
    """A console whose output is written at the end, by us: rich would handle a closed pipe in its own way."""
    width = None if sys.stdout.isatty() else _PIPED_WIDTH
    # Without a height, the terminal would be asked for its size at every line.
    console = Console(width=width, height=_HEIGHT, highlight=False, markup=False, emoji=False)
    console.width = min(console.width, _MOST_WIDTH)
    with console.capture() as captured:
        yield console
    lines = re.sub(r" +$", "", captured.get(), flags=re.MULTILINE)
    sys.stdout.write(re.sub(r"\n{3,}", "\n\n", lines))


def _clean(text: str) -> str:
    """Text from a file in one line, of reasonable length, without what could steer a terminal."""
    spaced = "".join(" " if each.isspace() else each for each in text)
    kept = "".join(each for each in spaced if not unicodedata.category(each).startswith("C"))
    return " ".join(kept.split())


def _heading(page: Console, text: str) -> None:
    text = _clean(text)
    short = text if len(text) <= _MOST_TITLE else f"{text[:_MOST_TITLE]}…"
    page.print(Text(short, style="bold"), overflow="fold")


def _section(page: Console, title: str, sentences: Iterable[str]) -> None:
    page.print()
    _heading(page, title)
    for sentence in sentences:
        _say(page, sentence, 2)


def _say(page: Console, text: str, indent: int, lead: str = "", style: str = "") -> None:
    """A sentence, wrapped, in which no amount is parted from its currency."""
    first, rest = f"{'':{indent}}{lead}", " " * (indent + len(lead))
    lines = textwrap.fill(
        _BOUND.sub(_NBSP, text), page.width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )
    shown = Text(lines.replace(_NBSP, " "), style=style)
    shown.highlight_regex(_CITED, "dim")
    page.print(shown, no_wrap=True, overflow="ignore", crop=False)


def _table(page: Console, *columns: str, left: int) -> Table:
    """An empty table; so many columns are on the left, the others on the right as numbers should be.

    Where it is too wide, cells are folded: no digit is ever cut off.
    """
    box = SIMPLE_HEAD if page.encoding.startswith("utf") else _ASCII_HEAD
    table = Table(box=box, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="")
    for index, name in enumerate(columns):
        table.add_column(name, justify="left" if index < left else "right", overflow="fold")
    return table


def _steps(page: Console, story: Story) -> None:
    if not story.scenario.steps:
        _say(page, "There are no steps.", 2)
    digits = len(str(len(story.scenario.steps)))
    for moment in story.moments:
        _say(page, words.sentence(moment), 2, f"{moment.index + 1:{digits}}  ")
        _consequences(page, moment, 4 + digits)
    if refused := story.error:
        _say(page, words.attempt(refused.step), 2, f"{refused.index + 1:{digits}}  ")
        _say(page, words.refusal(refused), 4 + digits, style="bold")


def _consequences(page: Console, moment: Moment, indent: int) -> None:
    for index, result in enumerate(moment.realised):
        for sentence in words.cause(moment, index):
            _say(page, sentence, indent)
        if not words.is_told(moment):
            _say(page, words.realised(result), indent)
        sentences = words.cascade(result)
        converted = any(take.currency != result.position.quote for take in result.cascade)
        if converted and page.width >= _TABLE_WIDTH:
            page.print()
            page.print(Padding(_cascade(page, result), (0, 0, 1, indent)))
            sentences = sentences[len(result.cascade) :]  # the table has told of what was taken
        for sentence in sentences:
            _say(page, sentence, indent)
    for sentence in (*words.charges(moment), *words.ended_stops(moment)):
        _say(page, sentence, indent)


def _cascade(page: Console, result: Realised) -> Table:
    quote, takes = result.position.quote, result.cascade
    table = _table(page, "Currency", "Why here", "Taken", f"Covers, {quote}", f"Fee, {quote}", "Rate", left=2)
    for take in takes:
        fee, rate = (_bare(take.fee, quote), percent(take.fee_rate)) if take.currency != quote else ("", "")
        taken, covers = _bare(take.taken, take.currency), _bare(take.covers, quote)
        table.add_row(take.currency, words.WHY[take.why], taken, covers, fee, rate.replace(_NBSP, " "))
    if len(takes) > 1:
        with localcontext(EXACT):
            covered = sum((take.covers for take in takes), ZERO)
            fees = sum((take.fee for take in takes), ZERO)
        table.add_row("Together", "", "", _bare(covered, quote), _bare(fees, quote), "")
    return table


def _bare(amount: Decimal | Fraction, currency: str) -> str:
    """An amount as prose has it, where the currency stands elsewhere in the table."""
    return money(amount, currency).removesuffix(f" {currency}")


def _balances(page: Console, story: Story) -> None:
    before, after = story.scenario.balances, story.final.balances
    codes = sorted(after)
    with localcontext(EXACT):
        change = [after[code] - before.get(code, ZERO) for code in codes]
    columns = {
        "Before": [exact(before.get(code, ZERO)) for code in codes],
        "After": [exact(after[code]) for code in codes],
        "Change": [f"{'+' if each > 0 else ''}{exact(each)}" for each in change],
    }
    title = "Balances, as they stood before that step" if story.error else "Balances"
    _section(page, title, [] if codes else ["There are none."])
    if codes:
        aligned = dict(_aligned(name, cells) for name, cells in columns.items())
        fits = 4 + max(8, *map(len, codes)) + sum(2 + len(header) for header in aligned) <= page.width
        shown = aligned if fits else columns  # what is folded can't be aligned
        table = _table(page, "Currency", *shown, left=4 if fits else 1)
        for row in zip(codes, *shown.values(), strict=True):
            table.add_row(*row)
        page.print(Padding(table, (0, 0, 0, 2)))
    if story.final.unpaid:
        _section(page, "Unpaid", words.unpaid(story.final))


def _aligned(header: str, numbers: list[str]) -> tuple[str, list[str]]:
    """A header and numbers, padded so that the decimal points stand below each other."""
    split = [each.partition(".") for each in numbers]
    most = max((len(point + decimals) for _, point, decimals in split), default=0)
    cells = [f"{whole}{(point + decimals):<{most}}" for whole, point, decimals in split]
    width = max(len(header), *map(len, cells), 0)
    return header.rjust(width), [cell.rjust(width) for cell in cells]


def _positions(page: Console, story: Story) -> None:
    if not story.final.positions:
        return
    _section(page, "Open positions", [])
    table = _table(page, "No.", "Pair", "Side", "Opened at", "Leverage", "You owe", "You hold", left=3)
    with localcontext(EXACT):
        for lot in story.final.positions:
            (owed, debt), (held, amount) = lot.owed, lot.held
            opened, times = price(lot.open_price, lot.quote), f"{number(lot.leverage, 20)}×"
            table.add_row(str(lot.id), lot.pair, lot.side, opened, times, money(debt, owed), money(amount, held))
    page.print(Padding(table, (0, 0, 0, 2)))


def _margin(page: Console, story: Story) -> None:
    currency = story.scenario.summary_currency
    if currency is None:
        return
    _section(page, "Margin", [])
    if summary := story.margin:
        rows = [
            ("Trade balance", summary.trade_balance),
            ("Equity", summary.equity),
            ("Used margin", summary.used_margin),
            ("Free margin", summary.free_margin),
        ]
        table = Table.grid(padding=(0, 2))
        table.add_column()
        table.add_column(justify="right", overflow="fold")
        for name, amount in rows:
            table.add_row(name, money(amount, summary.currency))
        page.print(Padding(table, (0, 0, 0, 2)))
    for sentence in (words.margin(story.margin, story.final.rulebook), *words.how_far(story.final, currency)):
        _say(page, sentence, 2)
