"""How stories and rules look on a terminal: sentences and tables in 80 columns, readable without colour.

Nothing here decides or computes: the sentences are those of :mod:`marginlib.telling.sentences`, the amounts are the
story's. What other rooms print, they print with the same pieces: a :func:`paged`, sentences that are :func:`said`,
rows that are :func:`tabulated`.
"""

import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
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
from marginlib.engine.legible import legible
from marginlib.engine.story import Moment, Story
from marginlib.reading.ledgers import InvalidLedger
from marginlib.reading.rulebooks import Rule
from marginlib.telling import sentences as words
from marginlib.telling.numbers import exact, money, number, percent, price
from marginlib.telling.on_page import BOUND
from marginlib.telling.preference import in_few_words

_PIPED_WIDTH, _MOST_WIDTH, _TABLE_WIDTH, _MOST_TITLE, _HEIGHT = 80, 100, 70, 200, 25
_ASCII_HEAD = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
_NBSP = "\N{NO-BREAK SPACE}"
_CITED = re.compile(r"\([RABC][0-9]+(?:,\s+[RABC][0-9]+)*\)")
_GROUPS = {
    "R": "What the two articles say",
    "A": "Where they are silent: assumptions of this workbook",
    "B": "What further pages of the exchange add",
    "C": "Where the sources disagree",
}


def show_story(story: Story, name: str) -> None:
    """Print a story: the steps with what followed from each, then how things stand at the end."""
    with paged() as page:
        heading(page, clean(story.scenario.title or "") or name)
        mind(page, story)
        page.print()
        _steps(page, story)
        _balances(page, story)
        _positions(page, story)
        if story.final.stops:
            section(page, "Waiting stops", words.stops(story.final))
        _margin(page, story)


def mind(page: Console, story: Story) -> None:
    """What the scenario has that the exchange hasn't, before all else."""
    if told := words.warnings(story):
        section(page, "Mind", told)


def show_limits(story: Story, name: str) -> None:
    """Print how far each price may go from where a story ends, and how far all of them together."""
    with paged() as page:
        heading(page, clean(story.scenario.title or "") or name)
        mind(page, story)
        page.print()
        if refused := story.error:
            said(page, f"{words.refusal(refused)} What follows is how things stood before it.", 2, style="bold")
        currency, state = story.scenario.summary_currency, story.final
        said(page, words.margin(story.margin, state.rulebook), 2)
        if currency:
            for sentence in (*words.how_far(state, currency), *words.how_far_together(state, currency)):
                said(page, sentence, 2)


def show_invalid(error: InvalidScenario, name: str) -> None:
    """Print why something is no scenario: the place, and what was expected there."""
    with paged() as page:
        heading(page, name)
        page.print()
        said(page, not_replayed(str(error)), 2)


def not_replayed(message: str) -> str:
    """Why something is no scenario, as a sentence."""
    told = f"This can't be replayed: {clean(message)}"
    return told if told.endswith(("?", ".")) else f"{told}."


def show_unread(error: InvalidLedger, name: str) -> None:
    """Print why something can't be read as an export."""
    with paged() as page:
        heading(page, name)
        page.print()
        told = f"This can't be read: {clean(str(error))}"
        said(page, told if told.endswith(("?", ".", "…")) else f"{told}.", 2)


def list_rules(rules: Iterable[Rule]) -> None:
    """Print the ids and titles of the rules, in groups."""
    with paged() as page:
        group = ""
        for rule in rules:
            if rule.id[0] != group:
                if group:
                    page.print()
                group = rule.id[0]
                heading(page, _GROUPS.get(group, group))
            said(page, rule.title, 2, f"{rule.id:<5}")


def show_rules(rules: Iterable[Rule]) -> None:
    """Print rules in full, each with its source."""
    with paged() as page:
        for index, rule in enumerate(rules):
            if index:
                page.print()
            heading(page, f"{rule.id}: {rule.title}")
            said(page, rule.text, 2)
            said(page, f"Source: {rule.source}", 2)


@contextmanager
def paged() -> Iterator[Console]:
    """A console whose output is written at the end, by us: rich would handle a closed pipe in its own way."""
    width = None if sys.stdout.isatty() else _PIPED_WIDTH
    # Without a height, the terminal would be asked for its size at every line.
    console = Console(width=width, height=_HEIGHT, highlight=False, markup=False, emoji=False)
    console.width = min(console.width, _MOST_WIDTH)
    with console.capture() as captured:
        yield console
    lines = re.sub(r" +$", "", captured.get().replace(_NBSP, " "), flags=re.MULTILINE)
    sys.stdout.write(re.sub(r"\n{3,}", "\n\n", lines))


def clean(text: str) -> str:
    """Text from a file in one line, of reasonable length, without what could steer a terminal."""
    return " ".join(legible(text).split())


def heading(page: Console, text: str) -> None:
    """A title, in one line of reasonable length."""
    text = clean(text)
    short = text if len(text) <= _MOST_TITLE else f"{text[:_MOST_TITLE]}…"
    page.print(Text(short, style="bold"), overflow="fold")


def section(page: Console, title: str, sentences: Iterable[str]) -> None:
    """A title with sentences below it."""
    page.print()
    heading(page, title)
    for sentence in sentences:
        said(page, sentence, 2)


def said(page: Console, text: str, indent: int, lead: str = "", style: str = "") -> None:
    """A sentence, wrapped, in which no amount is parted from its currency."""
    first, rest = f"{'':{indent}}{lead}", " " * (indent + len(lead))
    lines = textwrap.fill(
        BOUND.sub(_NBSP, text), page.width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )
    shown = Text(lines.replace(_NBSP, " "), style=style)
    shown.highlight_regex(_CITED, "dim")
    page.print(shown, no_wrap=True, overflow="ignore", crop=False)


def tabulated(
    page: Console, columns: Sequence[str], rows: Iterable[Sequence[str]], left: int, indent: int = 2, below: int = 0
) -> None:
    """Rows as a table; so many columns are on the left, the others on the right as numbers should be.

    No digit is cut off, no word is parted, and no amount from its currency: where the paper is too narrow for that,
    each row becomes a few lines of its own, its first cell above and the others below it, each with its column's name.
    """
    rows = [[BOUND.sub(_NBSP, cell) for cell in row] for row in rows]
    least = [max(_longest(cell) for cell in (name, *cells)) for name, *cells in zip(columns, *rows, strict=True)]
    if indent + sum(least) + 2 * len(least) > page.width:
        lead = max(len(name.strip()) for name in columns[1:]) + 2
        for row in rows:
            said(page, f"{columns[0]} {row[0]}" if row[0].isdecimal() else row[0], indent)
            for name, cell in zip(columns[1:], row[1:], strict=True):
                if cell:
                    said(page, cell.strip(), indent + 2, f"{name.strip():<{lead}}")
        for _ in range(below):
            page.print()
        return
    box = SIMPLE_HEAD if page.encoding.startswith("utf") else _ASCII_HEAD
    table = Table(box=box, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="")
    widths = _widths(columns, rows, least, page.width - indent - 2 * (len(least) - 1))
    for index, (name, width) in enumerate(zip(columns, widths, strict=True)):
        table.add_column(name, justify="left" if index < left else "right", overflow="fold", width=width)
    for row in rows:
        table.add_row(*map(_lines, row, widths))
    page.print(Padding(table, (0, 0, below, indent)))


def _lines(cell: str, width: int) -> str:
    """A cell in lines of at most so many characters; rich would break them at spaces that aren't to be broken, too."""
    return "\n".join(textwrap.wrap(cell, width or 1, break_long_words=False, break_on_hyphens=False))


def _widths(columns: Sequence[str], rows: Sequence[Sequence[str]], least: Sequence[int], room: int) -> list[int]:
    """How wide each column is: at least what its words need; what room is left goes where most lines would stand.

    Left to rich, columns are narrowed below what their words need, and what doesn't fit is cut off.
    """
    wanted = [max(map(len, cells)) for cells in zip(columns, *rows, strict=True)]
    widths = [*least]
    for _ in range(room - sum(least)):
        fullest = max(range(len(widths)), key=lambda at: wanted[at] / widths[at] if widths[at] else 0)
        if wanted[fullest] <= widths[fullest]:
            break
        widths[fullest] += 1
    return widths


def whole(cell: str) -> str:
    """A cell that is never parted."""
    return cell.replace(" ", _NBSP)


def _longest(cell: str) -> int:
    """How wide the widest part of a cell is that may not be parted."""
    return max(map(len, cell.split(" ")), default=0)


def _steps(page: Console, story: Story) -> None:
    if not story.scenario.steps:
        said(page, "There are no steps.", 2)
    digits = len(str(len(story.scenario.steps)))
    for moment in story.moments:
        said(page, words.sentence(moment), 2, f"{moment.index + 1:{digits}}  ")
        _consequences(page, moment, 4 + digits)
    if refused := story.error:
        said(page, words.attempt(refused.step), 2, f"{refused.index + 1:{digits}}  ")
        said(page, words.refusal(refused), 4 + digits, style="bold")


def _consequences(page: Console, moment: Moment, indent: int) -> None:
    for index, result in enumerate(moment.realised):
        for sentence in words.cause(moment, index):
            said(page, sentence, indent)
        if not words.is_told(moment):
            said(page, words.realised(result), indent)
        sentences = words.cascade(result)
        converted = any(take.currency != result.position.quote for take in result.cascade)
        if converted and page.width >= _TABLE_WIDTH:
            page.print()
            _cascade(page, result, indent)
            sentences = sentences[len(result.cascade) :]  # the table has told of what was taken
        for sentence in sentences:
            said(page, sentence, indent)
    for sentence in (*words.charges(moment), *words.ended_stops(moment)):
        said(page, sentence, indent)


def _cascade(page: Console, result: Realised, indent: int) -> None:
    quote, takes, rows = result.position.quote, result.cascade, []
    for take in takes:
        fee, rate = (bare(take.fee, quote), percent(take.fee_rate)) if take.currency != quote else ("", "")
        taken, covers = bare(take.taken, take.currency), bare(take.covers, quote)
        rows.append((take.currency, in_few_words(take.why), taken, covers, fee, rate))
    if len(takes) > 1:
        with localcontext(EXACT):
            covered = sum((take.covers for take in takes), ZERO)
            fees = sum((take.fee for take in takes), ZERO)
        rows.append(("Together", "", "", bare(covered, quote), bare(fees, quote), ""))
    columns = ("Currency", "Why here", "Taken", f"Covers, {quote}", f"Fee, {quote}", "Rate")
    tabulated(page, columns, rows, left=2, indent=indent, below=1)


def bare(amount: Decimal | Fraction, currency: str) -> str:
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
    section(page, title, [] if codes else ["There are none."])
    if codes:
        aligned = dict(_aligned(name, cells) for name, cells in columns.items())
        fits = 4 + max(8, *map(len, codes)) + sum(2 + len(header) for header in aligned) <= page.width
        shown = {
            name.replace(" ", _NBSP): [cell.replace(" ", _NBSP) for cell in cells] for name, cells in aligned.items()
        }
        if not fits:  # what has lines of its own can't be aligned
            shown = columns
        tabulated(page, ["Currency", *shown], zip(codes, *shown.values(), strict=True), left=4 if fits else 1)
    if story.final.unpaid:
        section(page, "Unpaid", words.unpaid(story.final))


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
    section(page, "Open positions", [])
    rows = []
    with localcontext(EXACT):
        for lot in story.final.positions:
            (owed, debt), (held, amount) = lot.owed, lot.held
            opened, times = price(lot.open_price, lot.quote), f"{number(lot.leverage, 20)}×"
            amounts = (opened, times, money(debt, owed), money(amount, held))
            rows.append((str(lot.id), lot.pair, lot.side, *map(whole, amounts)))
    columns = ("No.", "Pair", "Side", whole("Opened at"), "Leverage", whole("You owe"), whole("You hold"))
    tabulated(page, columns, rows, left=3)


def _margin(page: Console, story: Story) -> None:
    currency = story.scenario.summary_currency
    if currency is None:
        return
    section(page, "Margin", [])
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
    for sentence in (
        words.margin(story.margin, story.final.rulebook),
        *words.how_far(story.final, currency),
        *words.how_far_together(story.final, currency),
    ):
        said(page, sentence, 2)
