"""Figures in texts: where a sentence needs a number of the rules, it names it, and the story's rulebook has it.

``"a margin call comes near {call_level} %"``: whoever edits ``data/margin.toml`` changes the sentence as well. What
stands between the braces is a sum of numbers, figures, what can be asked (``{taken.BTC}``), the question's own
``answer``, and what recognised mistakes would give; after a bar how it is written:

* ``{x}``: with at most two decimals, thousands separated;
* ``{x | 2}``: with exactly so many decimals; ``{x | plain}``: as the engine writes it, for the value of an option;
* ``{x | %}``: a share in percent; ``{x | words}`` and ``{x | Words}``: a small number in words.
"""

import ast
import functools
import operator
import re
from collections.abc import Callable, Collection
from decimal import Decimal
from fractions import Fraction

from marginlib.engine.amounts import plain, rounded
from marginlib.engine.derivation import fraction
from marginlib.engine.story import Story
from marginlib.quiz.asking import ANSWERS, Ask, Case
from marginlib.quiz.registry import Registry
from marginlib.telling.numbers import number

Figure = Decimal | Fraction | str
Read = Callable[[Story], Figure]
FIGURES: Registry[Read] = Registry("figure")
"""Functions of a story, by the name that texts use."""

_MOST = 200  # characters of a sum
_PLACE = re.compile(r"\{([^{}|]*)(?:\|([^{}|]*))?\}")
_FORM = re.compile(r"[0-9]|%|plain|words|Words|")
_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_SUMS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction | int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}


def figure(read: Read) -> Read:
    """Register a figure under its function's name: a number, or words, that a story has.

    Raises:
        ValueError: there is one of that name already.
    """
    return FIGURES.add(read.__name__, read, read.__module__)


@figure
def opening_level(story: Story) -> Decimal:
    """The margin level below which nothing may be opened, in percent (B4)."""
    return story.final.rulebook.opening_level


@figure
def call_level(story: Story) -> Decimal:
    """The margin level of a margin call, in percent (B5)."""
    return story.final.rulebook.call_level


@figure
def liquidation_level(story: Story) -> Decimal:
    """The margin level of liquidation, in percent (B5)."""
    return story.final.rulebook.liquidation_level


@figure
def most_leverage(story: Story) -> Decimal:
    """The highest leverage that there is to choose."""
    return story.final.rulebook.most_leverage


@figure
def rollover_hours(story: Story) -> Decimal:
    """The hours for which a rollover falls due (B6)."""
    return story.final.rulebook.rollover_hours


@figure
def cash_cash(story: Story) -> Decimal:
    """What converting cash into cash costs, as a share (R16)."""
    return story.final.rulebook.conversion_fees["cash_cash"]


@figure
def btc_eth_cash(story: Story) -> Decimal:
    """What converting BTC or ETH into cash or back costs, as a share (R16)."""
    return story.final.rulebook.conversion_fees["btc_eth_cash"]


@figure
def other(story: Story) -> Decimal:
    """What every other conversion costs, as a share (R16)."""
    return story.final.rulebook.conversion_fees["other"]


def words(count: Decimal | Fraction) -> str:
    """A number in words, where it is a small whole one.

    >>> words(Decimal(6)), words(Fraction(24, 5)), words(Decimal(180))
    ('six', '4.8', '180')
    """
    whole = count == int(count) and 0 <= count < len(_WORDS)
    return _WORDS[int(count)] if whole else number(count, 2)


def checked(text: str, mistakes: Collection[str]) -> str:
    """The text itself, if all that its braces name is known.

    Raises:
        ValueError: a name is unknown, or what stands between braces is no sum; the sentence says what would do.

    >>> checked("near {call_level} %", ())
    'near {call_level} %'
    >>> checked("near {call_level | halves} %", ())
    Traceback (most recent call last):
    ValueError: {call_level | halves}: after the bar comes a number of decimals, %, plain, words or Words
    """
    for place in _PLACE.finditer(text):
        if not _FORM.fullmatch((place[2] or "").strip()):
            raise ValueError(f"{place[0]}: after the bar comes a number of decimals, %, plain, words or Words")
        nodes = [*ast.walk(_sum(place[1]))]
        named = {node.value: node.attr for node in nodes if isinstance(node, ast.Attribute)}
        for node in nodes:
            if isinstance(node, ast.Name) and node.id in ANSWERS and node.id not in FIGURES:
                if said := ANSWERS[node.id].unfit(named.get(node, "")):
                    raise ValueError(f"{place[0]}: {said}, with a point for the colon")
            elif isinstance(node, ast.Name) and not (
                node.id in FIGURES or node.id in ANSWERS or node.id in mistakes or node.id == "answer"
            ):
                raise ValueError(
                    f"{place[0]}: there is no figure '{node.id}'; known: {', '.join(FIGURES)}, answer, what can be "
                    "asked, and mistakes"
                )
    if re.search(r"[{}]", _PLACE.sub("", text)):
        raise ValueError(f"braces come in pairs, with a figure between them, in: {text:.60}")
    return text


@functools.lru_cache(maxsize=512)
def _sum(text: str) -> ast.expr:
    """Numbers and names with + − × ÷ between them, and nothing else."""
    wanted = ValueError(f"{{{text:.60}}}: expected a figure, or a sum of figures")
    if len(text) > _MOST:
        raise wanted
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        raise wanted from None
    for node in ast.walk(tree):
        fine = isinstance(node, ast.BinOp | ast.UnaryOp | ast.operator | ast.unaryop | ast.Name | ast.Load)
        if isinstance(node, ast.Attribute):
            fine = isinstance(node.value, ast.Name)
        if isinstance(node, ast.Constant):
            fine = isinstance(node.value, int | float) and type(node.value) is not bool and abs(node.value) < 10**20
        if isinstance(node, ast.BinOp):
            fine = type(node.op) in _SUMS
        if isinstance(node, ast.UnaryOp):
            fine = isinstance(node.op, ast.USub)
        if not fine:
            raise wanted
    return tree


def filled(text: str, case: Case, ask: Ask, wrong: Callable[[str], Decimal | None] = lambda _: None) -> str:
    """The text with every figure in its place, from a case and what is asked of it.

    Raises:
        ValueError: a figure can't be given for this case.

    >>> from marginlib.engine.scenario import Scenario
    >>> filled("near {call_level} %, {1 / 8 | %}", Case(Scenario.of({})), Ask("refused"))
    'near 80 %, 12.5 %'
    """

    def given(name: str, of: str) -> Figure:
        if name in FIGURES:
            return FIGURES[name](case.story)
        if name in ANSWERS or name == "answer":
            said = case.answer(ask if name == "answer" else Ask(name, of))
            return " ".join(said) if isinstance(said, list) else said
        value = wrong(name)
        if value is None:
            raise ValueError(f"'{name}' says nothing of {ask}")
        return value

    def worth(node: ast.expr) -> Figure:
        if isinstance(node, ast.Constant):
            return Fraction(str(node.value))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return given(node.value.id, node.attr)
        if isinstance(node, ast.Name):
            return given(node.id, "")
        if isinstance(node, ast.UnaryOp):
            return -_counted(worth(node.operand))
        assert isinstance(node, ast.BinOp)
        left, right = _counted(worth(node.left)), _counted(worth(node.right))
        if not right and isinstance(node.op, ast.Div | ast.FloorDiv):
            raise ValueError(f"{ast.unparse(node)}: nothing can be divided by 0")
        return fraction(_SUMS[type(node.op)](left, right))

    return _PLACE.sub(lambda place: _written(worth(_sum(place[1])), (place[2] or "").strip()), text)


def _counted(value: Figure) -> Fraction:
    if isinstance(value, str):
        raise ValueError(f"'{value}' is no number")
    return fraction(value)


def _written(value: Figure, form: str) -> str:
    """A figure as a text has it."""
    if isinstance(value, str):
        return value
    if form == "plain":
        return plain(rounded(value, 10))
    if form in ("words", "Words"):
        said = words(value)
        return said if form == "words" else said[:1].upper() + said[1:]
    if form == "%":
        return f"{number(value * 100, 2)} %"
    return number(value, int(form), int(form)) if form else number(value, 2)
