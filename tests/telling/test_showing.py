"""A story by itself, in a terminal and in a notebook."""

from decimal import Decimal
from html.parser import HTMLParser

from bookings import Do, deposits, moves, opens, tell, waits, withdraws

from marginlib import Story

STEPS: list[Do] = [opens("BTC/EUR", "long", "0.1"), moves("BTC/EUR", "51000"), withdraws("EUR", "5000")]


def refused(title: str = "") -> Story:
    return tell({"EUR": "2000"}, {"BTC/EUR": "50000"}, STEPS, title=title)


class Text(HTMLParser):
    """Which tags there are, and the text of each cell."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_a_story_is_a_few_lines() -> None:
    """A7: and why the last step was refused."""
    assert repr(refused()).splitlines() == [
        "Story of 3 steps, 1 ledger row",
        "  balances: 2000 EUR",
        "  open: long 0.1 BTC/EUR at 50000",
        "  refused: step 3, insufficient_funds: The withdrawal needs 5000 EUR, and the balance is 2000 EUR. "
        "Withdraw at most 1100 EUR, or deposit 3900 EUR first.",
    ]


def test_a_long_story_is_a_few_lines_too() -> None:
    story = tell({"EUR": "2000"}, {"BTC/EUR": "50000"}, [opens("BTC/EUR", "long", "0.001")] * 40)

    assert len(repr(story)) < 400
    assert repr(story).splitlines()[-1].endswith("at 50000 and 34 more")


def test_a_notebook_shows_sentences_and_the_ledger() -> None:
    story = tell({"EUR": "2000"}, {"BTC/EUR": "50000"}, [deposits("EUR", "1000"), *STEPS[:2]])
    shown = Text(story._repr_html_())

    assert next(text for text in shown.texts if text.startswith("You")) == "You deposit 1,000.00\N{NO-BREAK SPACE}EUR."
    assert [tag for tag, _ in shown.tags].count("caption") == 1
    assert {each["scope"] for tag, each in shown.tags if tag == "th"} == {"col", "row"}
    assert [tag for tag, _ in shown.tags].count("tr") == 1 + len(story.ledger)
    assert {"1,000", "3,000", "deposit"} <= set(shown.texts)


def test_all_text_is_escaped() -> None:
    shown = Text(refused("<script>alert('x')</script> & more")._repr_html_())

    assert "script" not in [tag for tag, _ in shown.tags]
    assert "".join(shown.texts).startswith("<script>alert('x')</script> & more")


def test_a_very_long_story_says_how_much_more_there_is() -> None:
    html = tell({"EUR": "1"}, {}, [deposits("EUR", "1")] * 250)._repr_html_()

    assert "… and 50 more sentences" in html
    assert "… and 50 more rows" in html
    assert html.count("<tr>") == 201


def test_a_frame_is_exact_or_in_floats() -> None:
    story = tell({"EUR": "9"}, {}, [deposits("EUR", "0.1"), waits(1), deposits("EUR", "0.2")])

    assert story.frame()["amount"].sum() == Decimal("0.3")
    assert story.frame(exact=False)["amount"].dtype == float
    assert list(story.frame(exact=False).columns) == list(story.frame().columns)
