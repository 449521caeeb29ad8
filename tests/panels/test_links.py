"""Links to a panel's state: written and read alike in Python and in the browser; whatever is broken gets a sentence."""

import functools
import inspect
import json
import re
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from javascript import call, engine
from py_mini_racer import MiniRacer

import marginlib.lessons
from marginlib.lessons import Life, LossCascade, LotQueue, WaysOut, lesson_of, panel_named
from marginlib.panels import links
from marginlib.panels.controls import Choice, Control, Slider, Switch, Value, Walk, text
from marginlib.panels.panel import Panel
from marginlib.reading.replaying import replay
from marginlib.reading.scenarios import read_scenario

PANELS: list[type[Panel[Any]]] = [
    each
    for each in (getattr(marginlib.lessons, name) for name in marginlib.lessons.__all__)
    if inspect.isclass(each) and issubclass(each, Panel) and each.controls
]
ABOUT: dict[str, dict[str, Any]] = {panel.__name__: panel()._about for panel in PANELS}
ADDRESS = "https://example.org/a/05_loss_cascade.html"


class Strange(Panel[Any]):
    """Values with every sign that an address reserves."""

    controls = (
        Choice("kind", "Kind", ("a&b=c", "50 % #1?", "é/ü+x", "(it's) ~*!_.-", "", "\N{GRINNING FACE}"), "a&b=c", "."),
        Slider("count", "Count", "", "-0.05", "1.5", "0.05", 0, "How many."),
        Switch("half", "Half", False, "Only half."),
        Walk("step", "Step", ("one", "two", "three"), "1", "Where."),
    )

    def view(self, values: Any) -> dict[str, Any]:
        return {"title": str(values), "figures": [], "words": []}


ABOUT["Strange"] = Strange()._about


def of(control: Control) -> st.SearchStrategy[Value]:
    """Any value that a control keeps."""
    if not isinstance(control, Slider):
        return st.sampled_from(control.track())
    numbers: st.SearchStrategy[Value] = st.decimals(
        Decimal(control.least), Decimal(control.most), places=control.places
    ).map(control.read)
    return numbers | st.none() if control.removable else numbers


@st.composite
def states(draw: st.DrawFn, panels: tuple[type[Panel[Any]], ...] = (*PANELS, Strange)) -> Panel[Any]:
    """A panel somewhere."""
    panel: Panel[Any] = draw(st.sampled_from(panels))()
    panel.values = draw(st.fixed_dictionaries({control.name: of(control) for control in panel.controls}))
    return panel


@functools.cache
def together() -> MiniRacer:
    """The browser's side: what it reads is checked there, too."""
    racer = engine("links.js")
    racer.eval("""const both = (text, about) => {
      const link = parseLink(text);
      return { ...link, ...("wrong" in link || link.panel !== about.name ? {} : checkLink(link, about)) };
    };""")
    return racer


def browser_reads(link: str, panel: str) -> Any:
    """What the browser makes of a link to a panel: texts of all its values, or a sentence."""
    found = together().call("both", link, ABOUT[panel])
    assert found.get("panel", panel) == panel
    return found.get("wrong") or found["values"]


def python_reads(link: str, panel: type[Panel[Any]]) -> Any:
    """The same in Python."""
    try:
        return {name: text(value) for name, value in panel.read_link(link).items()}
    except ValueError as error:
        return str(error)


@given(states())
def test_a_link_is_the_same_on_both_sides_and_leads_back(panel: Panel[Any]) -> None:
    link, kind = panel.link(), type(panel)
    wire = {name: text(value) for name, value in panel.values.items()}

    assert link == call("links.js", "linkTo", ABOUT[kind.__name__], wire)
    assert kind.from_link(link).values == panel.values
    assert browser_reads(link, kind.__name__) == wire
    assert re.fullmatch(r"#v1/\w+\?[\w.~/%&=-]+", link), "nothing that mail or chat takes for the end of a link"
    assert len(link) < links.MOST / 4


@given(states())
def test_a_link_survives_the_ways_that_it_goes(panel: Panel[Any]) -> None:
    link, kind = panel.link(), type(panel)
    middle = len(link) // 2
    for form in (
        link.removeprefix("#"),
        f"  {ADDRESS}{link}\n",
        f"<{ADDRESS}{link}>",
        f"file:///home/me/my%20lessons/05.html{link}",
        f"{link[:middle]}\r\n   {link[middle:]}",
        f"\u200b{link}\ufeff",
        link.replace("&", "&amp;"),
        quote(ADDRESS + link, safe=""),
        quote(link.removeprefix("#"), safe="/?"),
        link.replace("/", "%2F").replace("#v1%2F", "#v1/"),
    ):
        assert kind.from_link(form).values == panel.values, form
        assert browser_reads(form, kind.__name__) == {name: text(value) for name, value in panel.values.items()}, form


def test_a_page_has_its_address_before_it() -> None:
    values = ABOUT["Life"]["start"]

    for address in (ADDRESS, f"{ADDRESS}#rule-R5", f"{ADDRESS}#v1/Life?move=5"):
        assert call("links.js", "linkTo", ABOUT["Life"], values, address) == ADDRESS + Life().link()


def test_it_reads_like_this() -> None:
    assert LossCascade(GBP=10, DOGE=None, move=-20).link() == (
        "#v1/LossCascade?EUR=300&USD=500&GBP=10&BTC=0.008&ETH=&DOGE=&ADA=&USDT=&SOL=&XMR=2"
        "&pair=BTC/EUR&size=8000&leverage=5&move=-20&c1=false"
    )


def test_what_a_link_leaves_out_stands_at_its_start_and_it_starts_again_there() -> None:
    panel = LossCascade.from_link("#v1/LossCascade?move=-20.0&DOGE=")

    assert panel.values == LossCascade(move=-20, DOGE=None).values
    assert panel._about["start"] == LossCascade()._about["start"]
    assert panel.still() == LossCascade(move=-20, DOGE=None).still()
    assert Life.from_link("v1/Life").values == Life().values
    assert browser_reads("v1/Life?", "Life") == ABOUT["Life"]["start"]


BROKEN = [
    ("", "there is no link; expected one as Copy link gives it, such as #v1/LossCascade?move=-20"),
    (" <\n> ", "there is no link; expected one as Copy link gives it, such as #v1/LossCascade?move=-20"),
    (
        ADDRESS,
        "'https://example.org/a/05_loss_cascade.ht...' has nothing after a #, where a panel's state stands; "
        "expected such as #v1/LossCascade?move=-20",
    ),
    (
        f"{ADDRESS}#rule-R5",
        "'rule-R5' leads to no panel; expected a link as Copy link gives it, such as #v1/LossCascade?move=-20",
    ),
    (
        f"{ADDRESS}#",
        "'' leads to no panel; expected a link as Copy link gives it, such as #v1/LossCascade?move=-20",
    ),
    (
        "#LossCascade?move=-20",
        "'LossCascade?move=-20' leads to no panel; expected a link as Copy link gives it, such as "
        "#v1/LossCascade?move=-20",
    ),
    (
        "#v2/LossCascade?move=-20",
        "the link is of version 'v2', and v1 is what is known here; "
        "open it with the workbook that it comes from, or copy it again",
    ),
    ("#v1/?move=-20", "'' is no panel's name; expected a link such as #v1/LossCascade?move=-20"),
    ("#v1/<b>?move=-20", "'<b>' is no panel's name; expected a link such as #v1/LossCascade?move=-20"),
    ("#v1/LossCascade?move", "'move' is no control with its value; expected some such as move=-20"),
    ("#v1/LossCascade?=5", "'=5' is no control with its value; expected some such as move=-20"),
    ("#v1/LossCascade?move=-20&move=-20", "move is given twice; expected each control once"),
    ("#v1/LossCascade?move=-20&m%6fve=-10", "move is given twice; expected each control once"),
    (
        "#v1/LossCascade?price=5",
        "price: no such control; known here: EUR, USD, GBP, BTC, ETH, DOGE, ADA, USDT, SOL, XMR, pair, size, leverage, "
        "move, c1",
    ),
    (
        "#v1/LossCascade?__proto__=5",
        "__proto__: no such control; known here: EUR, USD, GBP, BTC, ETH, DOGE, ADA, USDT, SOL, XMR, pair, size, "
        "leverage, move, c1",
    ),
    (
        "#v1/LossCascade?%1b[1m%C3%A9%F0%9F%98%80=5",
        "?[1m??: no such control; known here: EUR, USD, GBP, BTC, ETH, DOGE, ADA, USDT, SOL, XMR, pair, size, "
        "leverage, move, c1",
    ),
    ("#v1/LossCascade?move=-41", "move: expected a number from -40 to 10, got '-41'"),
    ("#v1/LossCascade?move=10.00000000000000000001", "move: expected a number from -40 to 10, got "
     "'10.00000000000000000001'"),
    ("#v1/LossCascade?move=", "move: expected a number from -40 to 10, got ''"),
    ("#v1/LossCascade?move=1e1", "move: expected a number from -40 to 10, got '1e1'"),
    ("#v1/LossCascade?move=1_0", "move: expected a number from -40 to 10, got '1_0'"),
    ("#v1/LossCascade?move=%D9%A1", "move: expected a number from -40 to 10, got '?'"),
    ("#v1/LossCascade?move=" + "9" * 60, f"move: expected a number from -40 to 10, got '{'9' * 40}...'"),
    ("#v1/LossCascade?pair=BTC", "pair: expected one of BTC/EUR, ETH/USD, ADA/BTC, XMR/EUR, got 'BTC'"),
    ("#v1/LossCascade?c1=True", "c1: expected true or false, got 'True'"),
    (
        "#v1/LossCascade?pair=50%",
        "'50%' can't be read; a % begins a code such as %20, and is itself written %25",
    ),
    (
        "#v1/LossCascade?pair=%FF",
        "'%FF' can't be read; a % begins a code such as %20, and is itself written %25",
    ),
    (
        "#v1/LossCascade?pair=%ED%A0%80",
        "'%ED%A0%80' can't be read; a % begins a code such as %20, and is itself written %25",
    ),
    ("#v1/Life?move=" + "1" * 4000, "the link has 4014 characters; expected at most 4000, as Copy link gives it"),
    ("\N{GRINNING FACE}" * 4001, "the link has 4001 characters; expected at most 4000, as Copy link gives it"),
]  # fmt: skip


@pytest.mark.parametrize(("link", "sentence"), BROKEN, ids=[sentence[:50] for _, sentence in BROKEN])
def test_a_broken_link_gets_the_same_sentence_on_both_sides(link: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        LossCascade.from_link(link)
    assert browser_reads(link, "LossCascade") == sentence


def test_the_example_that_the_sentences_give_works() -> None:
    assert LossCascade.from_link(links.EXAMPLE).values["move"] == -20


@pytest.mark.parametrize("step", ["0", "4", "02", "one", ""])
def test_a_step_that_is_none_is_refused(step: str) -> None:
    sentence = f"step: expected a step from 1 to 3, got '{step}'"

    assert python_reads(f"#v1/Strange?step={step}", Strange) == sentence
    assert browser_reads(f"#v1/Strange?step={step}", "Strange") == sentence


def test_another_panels_link_says_where_it_belongs() -> None:
    with pytest.raises(ValueError, match=r"^the link is for the panel WaysOut ") as refused:
        LossCascade.from_link(WaysOut(move=10).link())
    assert str(refused.value) == (
        "the link is for the panel WaysOut (lesson 06, The fee you can avoid), and this is LossCascade; "
        "open it where that one is"
    )
    with pytest.raises(ValueError, match=r"^the link is for the panel Toy, and this is LossCascade; "):
        LossCascade.from_link("#v1/Toy?move=-20")
    assert call("links.js", "otherPanel", "WaysOut", ["LossCascade"], lesson_of("WaysOut")) == (
        "the link is for the panel WaysOut (lesson 06, The fee you can avoid), and here is LossCascade"
    )
    assert call("links.js", "otherPanel", "Toy", []) == "the link is for the panel Toy, and here is none"


NUMBERS = st.from_regex(r"-?[0-9]{0,3}\.?[0-9]{0,4}", fullmatch=True) | st.text("0123456789.-+e _,\u2212", max_size=8)


@given(NUMBERS | st.decimals(-1, 2, places=25).map(str))
def test_a_number_is_refused_or_rounded_alike(written: str) -> None:
    link = f"#v1/Strange?count={quote(written)}"

    assert browser_reads(link, "Strange") == python_reads(link, Strange)


@given(st.text("#v1/LifesdLong?&=move-20.%35EF <>\n+;'\"é", max_size=40) | st.text(max_size=20))
def test_any_text_is_read_alike(written: str) -> None:
    for link in (written, f"#v1/Life?{written}", f"#v1/Life?side=long&move={written}"):
        python = python_reads(link, Life)
        found = call("links.js", "parseLink", link)
        if "wrong" in found or found["panel"] == "Life":
            assert browser_reads(link, "Life") == python
        else:
            assert python.startswith("the link is for the panel ")


@pytest.mark.parametrize(
    ("hash_", "is_link"),
    [
        ("#v1/Life", True), ("v12/Life?a=b", True), ("#v1%2FLife%3Fmove%3D5", True),
        ("#rule-R5", False), ("#", False), ("", False), ("#v1", False), ("#vat/1", False),
    ],
)  # fmt: skip
def test_a_place_in_a_page_is_no_link(hash_: str, is_link: bool) -> None:
    assert call("links.js", "isLink", hash_) is is_link


def test_a_lesson_is_told_by_its_panels_name() -> None:
    assert all(re.fullmatch(r"lesson 0\d, [A-Z].+", lesson_of(panel.__name__)) for panel in PANELS)
    assert panel_named("LotQueue") is LotQueue
    for name, hint in (
        ("LosCascade", "; did you mean 'LossCascade'?"),
        ("SettleForm", "; did you mean 'SettleOrClose'?"),
        ("Toy", "; known here: BalanceSheet, "),
        ("<b>\x1b", "; known here: "),
    ):
        with pytest.raises(ValueError, match=re.escape(hint)) as refused:
            panel_named(name)
        assert "\x1b" not in str(refused.value)


@given(states(tuple(PANELS)))
def test_a_state_is_a_scenario_that_can_be_kept_in_a_file(panel: Panel[Any]) -> None:
    scenario = panel.scenario(panel.values)
    again = read_scenario(json.dumps(scenario.as_data()).encode())

    assert replay(again).as_json() == replay(scenario).as_json()


def test_a_scenario_is_the_story_on_the_screen() -> None:
    crash = panel_named("ThroughTheCrash")
    early, late = (crash(day=day) for day in (2, 12))
    first, whole = (panel.scenario(panel.values).steps for panel in (early, late))
    assert whole[: len(first)] == first
    assert len(first) < len(whole)
    refused = crash(USD=0, BTC=0)
    assert refused.scenario(refused.values).steps[0].do == "open"

    queue = LotQueue(order="C, B, A")
    lots = [step.volume for step in queue.scenario(queue.values).steps if step.do == "open"]
    assert lots == [Decimal(each) for each in ("0.2", "0.3", "0.3")]
    stop = panel_named("StopRun")()
    assert stop.scenario(stop.values).steps[1].do == "stop"
    ends = panel_named("ShortOrFuture")(row="how it ends")
    assert ends.scenario(ends.values).steps[-1].do == "close"


@pytest.mark.parametrize("given_link", [None, 5, b"#v1/Life", [], True])
def test_what_is_no_text_is_no_link(given_link: Any) -> None:
    with pytest.raises(ValueError, match=r"^expected a link as text, such as '#v1/LossCascade\?move=-20', got "):
        Life.from_link(given_link)
