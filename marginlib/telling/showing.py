"""A story as a notebook shows it by itself: its sentences and its ledger; and its rows as a table."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from marginlib.analysis import export
from marginlib.engine.account import Row
from marginlib.engine.story import Story
from marginlib.telling.numbers import exact as all_digits
from marginlib.telling.on_page import escape
from marginlib.telling.sentences import tell
from marginlib.telling.table import Table

if TYPE_CHECKING:
    import pandas

_MOST = 200  # sentences, and rows: a page stays a page
_HEADS = ("Step", "Position", "Type", "Asset", "Amount", "Fee", "Balance", "Rules")
_NUMBERS = "text-align: right; font-variant-numeric: tabular-nums"
_AMOUNTS = ("amount", "fee", "balance", "taken", "covers", "fee_rate")


def page(story: Story) -> str:
    r"""The story as HTML: what happened, sentence by sentence, and the ledger with every digit. All text is escaped.

    >>> from marginlib import Deposit, Scenario, replay
    >>> "<li>You deposit 5.00\xa0EUR.</li>" in page(replay(Scenario().then(Deposit(currency="EUR", amount=5))))
    True
    """
    told, rows = tell(story), story.ledger
    sentences = "".join(f"<li>{escape(each)}</li>" for each in told[:_MOST]) or "<li>Nothing happens.</li>"
    title = escape(story.scenario.title or "A story")
    more = _more(len(told), "sentences")
    heads = "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
    body = "".join(map(_row, rows[:_MOST]))
    return (
        f'<div class="marginlib-story"><p><strong>{title}</strong></p><ol>{sentences}</ol>{more}'
        f"<table><caption>Ledger: per asset, balance = previous balance + amount − fee</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>{_more(len(rows), 'rows')}</div>"
    )


def _more(count: int, what: str) -> str:
    return f"<p>… and {count - _MOST:,} more {what}</p>" if count > _MOST else ""


def _row(row: Row) -> str:
    named = (str(row.step + 1), "" if row.position is None else str(row.position), row.type, row.asset)
    numbers = (all_digits(row.amount), all_digits(row.fee), all_digits(row.balance))
    head = f'<th scope="row">{escape(named[0])}</th>'
    cells = "".join(f"<td>{escape(each)}</td>" for each in named[1:])
    cells += "".join(f'<td style="{_NUMBERS}">{escape(each)}</td>' for each in numbers)
    return f"<tr>{head}{cells}<td>{escape(' '.join(row.rules))}</td></tr>"


def frame(
    story: Story, what: Literal["ledger", "cascade", "export"] = "ledger", *, exact: bool = True
) -> "pandas.DataFrame":
    """The ledger, or the cascades of all losses, or the ledger's export, as a table; see :meth:`Story.frame`."""
    if what not in ("ledger", "cascade", "export"):
        raise ValueError(f"expected 'ledger', 'cascade' or 'export', got {what!r}")
    if what == "export":
        told = [export.cells(entry) for entry in export.entries_of(story)]
        return _table([{name: each[name] for name in export.COLUMNS} for each in told], exact=exact)
    result = story.as_json()
    if what == "ledger":
        rows = [{**row, "rules": " ".join(row["rules"])} for row in result["ledger"]]
    else:
        rows = [
            {"position": entry["position"], **take, "rules": " ".join(taken.rules)}
            for entry, realised in zip(result["realised"], story.realised, strict=True)
            for take, taken in zip(entry["cascade"], realised.cascade, strict=True)
        ]
    return _table(rows, exact=exact)


def _table(rows: list[dict[str, Any]], *, exact: bool) -> "pandas.DataFrame":
    """Rows as a table of pandas, or as one of our own where there is none."""
    kind = Decimal if exact else float
    rows = [{k: kind(v) if k in _AMOUNTS else v for k, v in row.items()} for row in rows]
    try:
        import pandas
    except ModuleNotFoundError as error:
        if error.name != "pandas":
            raise
        return Table(rows)  # looks alike, and does what the lessons do with one
    return pandas.DataFrame(rows)
