"""How a ledger looks on a terminal: whether it adds up, positions, losses beside R13, what it cost, what is left."""

from collections.abc import Iterable

from rich.console import Console

from marginlib.analysis.ledger import Account
from marginlib.analysis.ledger_cascades import Cascade
from marginlib.analysis.ledger_fees import Sums, added
from marginlib.analysis.ledger_positions import Life
from marginlib.reading.entries import Ledger
from marginlib.telling import export_read
from marginlib.telling import ledger as words
from marginlib.telling.numbers import exact, percent
from marginlib.telling.preference import in_few_words
from marginlib.telling.terminal import clean, heading, paged, said, section, tabulated, whole

_MOST = 40  # rows of a table
_UNCLEAR = "unclear"  # how a position ended
_FEW = 12  # losses that are told one by one


def show_account(ledger: Ledger, account: Account, name: str) -> None:
    """Print how an export was read, and all that it tells."""
    with paged() as page:
        heading(page, name)
        page.print()
        for sentence in export_read.how_read(ledger):
            said(page, sentence, 2)
        if ledger.problems:
            section(page, "Not read", map(clean, export_read.problems(ledger)))
        if account.entries:
            _account(page, account)


def _account(page: Console, account: Account) -> None:
    section(page, "Does it add up?", [words.overview(account), *words.adding_up(account)])
    _holdings(page, account)
    if account.positions:
        section(page, "Positions", [])
        _positions(page, account)
        for sentence in (
            *words.unsure(account),
            *words.strays(account),
            words.SILENT,
            *words.settlements(account),
        ):
            said(page, sentence, 2)
    elif told := [*words.settlements(account), *words.unsure(account), *words.strays(account)]:
        section(page, "Positions", told)
    if told := words.at_once(account):
        section(page, "Several closings at one moment", told)
    if account.cascades:
        section(page, "Losses that several currencies bore", [words.CAUSE])
        for each in account.cascades[:_FEW]:
            _cascade(page, each)
        _rest(page, len(account.cascades), _FEW, "such losses")
    _costs(page, account)
    if told := words.surprises(account):
        section(page, "Fees you may not expect", told)
    section(page, "What is left", words.left(account))


def _rest(page: Console, count: int, most: int, what: str) -> None:
    if count > most:
        said(page, f"… and {count - most:,} more {what}; --json has them all.", 2)


def _holdings(page: Console, account: Account) -> None:
    rows = [
        (
            words.named(each.purse),
            *map(whole, (exact(each.start), exact(each.end))),
            f"{each.rows:,}",
            f"{each.breaks:,}",
        )
        for each in account.holdings[:_MOST]
    ]
    if rows:
        page.print()
        tabulated(page, ("Balance", "Before", "After", "Rows", "Breaks"), rows, left=1)
        _rest(page, len(account.holdings), _MOST, "balances")


def _positions(page: Console, account: Account) -> None:
    """A position a row; where the paper is too narrow for that, a few lines each."""
    rows = []
    for life in account.positions[:_MOST]:
        sums = account.sums(life)
        opened = f"{life.opened:%Y-%m-%d %H:%M}" if life.opened else "before"
        result, fees = words.amounts(sums.pnl, sign=True), words.amounts(sums.all_fees)
        rows.append((life.refid or "(no refid)", opened, words.priced_in(life), _ended(life), result, fees))
    columns = ("Position", "Opened", "Quote", "Ended", "Result", "Fees")
    tabulated(page, columns, rows, left=6, below=1)
    _rest(page, len(account.positions), _MOST, "positions")
    if any(_ended(life) == _UNCLEAR for life in account.positions[:_MOST]):
        said(page, f"{_UNCLEAR[0].upper()}{_UNCLEAR[1:]}: the rollovers stop, and {words.UNCLEAR}.", 2)


def _ended(life: Life) -> str:
    """How a position stands, in few words."""
    if life.status == "open":
        return "looks open; closed in part" if life.endings else "looks open"
    if life.status == "unclear" or not life.endings:
        return _UNCLEAR
    last = life.endings[-1]
    time = last.group.time
    likely = "" if last.sure else "probably "
    return f"{likely}{life.status} {time:%Y-%m-%d %H:%M}" if time else f"{likely}{life.status}"


def _cascade(page: Console, each: Cascade) -> None:
    told = words.cascade(each)
    page.print()
    said(page, told[0], 2)
    page.print()
    rows = []
    for one in each.deductions:
        rate = "" if one.rate is None else percent(one.rate)
        asked = "" if one.by_rule is None else percent(one.by_rule)
        why = in_few_words(one.why) if one.why else ""
        rows.append((one.asset, why, exact(one.taken), exact(one.fee), rate, asked))
    tabulated(page, ("Currency", "Why here", "Taken", "Fee in it", "Rate", "R16"), rows, left=2, indent=4, below=1)
    for sentence in told[1:]:
        said(page, sentence, 4)


def _costs(page: Console, account: Account) -> None:
    """What closings brought, and each kind of fee: in all, and by month."""
    told = [*words.results(account.totals), *words.moved(account.totals)]
    if not told:
        return
    section(page, "What it came to", told)
    if len(account.months) > 1:
        page.print()
        rows = [(month.name or "no time", *_month(month.sums)) for month in account.months[:_MOST]]
        tabulated(page, ("Month", "Result", "Trading", "Opening", "Rollover", "Conversion", "Other"), rows, left=7)
        _rest(page, len(account.months), _MOST, "months")


def _month(sums: Sums) -> Iterable[str]:
    """A month's result and fees: trading fees of closings and orders, openings, rollovers, conversions, the rest."""
    fees = sums.fees
    yield words.amounts(sums.pnl, sign=True)
    for kinds in (("closing", "trading"), ("opening",), ("rollover",), ("conversion", "conversion_and_closing")):
        yield words.amounts(added(fees.get(kind, {}) for kind in kinds))
    yield words.amounts(added((fees.get("settlement", {}), fees.get("other", {}))))
