"""Every figure in ``data/`` is changed, and no text may have the old one: numbers of the rules come from the rules.

To have more looked through, write a function that yields places and texts, and add it to TOLD.
"""

import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Told = Iterator[tuple[str, str]]

CHANGED = {
    "margin.toml": [
        ("opening_level = 100", "opening_level = 115"),
        ("call_level = 80", "call_level = 70"),
        ("liquidation_level = 40", "liquidation_level = 45"),
        ("rollover_hours = 4", "rollover_hours = 3"),
        ("most_leverage = 10", "most_leverage = 12"),
    ],
    "conversion.toml": [
        ("cash_cash = 0.015", "cash_cash = 0.02"),
        ("btc_eth_cash = 0.025", "btc_eth_cash = 0.03"),
        ("other = 0.05", "other = 0.06"),
    ],
    "precision.toml": [("cash = 4", "cash = 3"), ("other = 10", "other = 9")],
    "collateral.toml": [("[haircuts]", "[haircuts]\nPAXG = 0.35")],
}
"""Each figure of the rule files, and another one in its place. Together they leave the lessons' questions possible."""

_OLD = {
    "opening_level": r"100\s?%",
    "call_level": r"80\s?%",
    "liquidation_level": r"40\s?%",
    "rollover_hours": r"(4|[Ff]our)[- ]hours?|([Ss]ix|6) (rollovers )?a day|(180|[Ss]even|7) (full|rollovers)",
    "most_leverage": r"(at most|up to|no more than|over) 10",
    "cash_cash": r"1\.5\s?%|0\.985|0\.015",
    "btc_eth_cash": r"2\.5\s?%|0\.975|0\.025",
    "other": r"5\s?%|0\.95|0\.05",
    "precision": r"(4|[Ff]our|10|[Tt]en) decimals",
}
OLD = {name: re.compile(rf"(?<![\w.,])({figure})(?![\w])") for name, figure in _OLD.items()}
"""How the old figures are written."""

SEEN = set(OLD) - {"precision", "most_leverage"}
"""Those that texts have: no question names the other two."""

MEANT = re.compile(
    r"[\d.,]+ (BTC|ETH|DOGE|SOL|ADA|USDT|XMR|[A-Z]{3})\b|(rises|falls) by [\d.]+\s%"  # of the scenario
    r"|\(haircut [\d.]+ %\)|\(1 − [\d.]+\s%\)|÷ used margin [\d.,]+ USD is [\d.]+\s%|are −?[\d.]+\s% of that \(R20\)"
    r"|free margin is used up, at a level of 100 %|equity is 100 % of the used margin"  # so by definition (B3)
)
"""What looks like an old figure, and is none."""


def quiz_texts() -> Told:
    """Every text of every question, of the drills, and of the mistakes that are recognised."""
    from marginlib.quiz import drills
    from marginlib.quiz.lesson import questions
    from marginlib.quiz.mistakes import MISTAKES
    from marginlib.quiz.shelf import LESSONS

    for lesson in sorted(LESSONS):
        known = questions(lesson)
        for part in ("predict", "check"):
            for name, question in getattr(known, part).items():
                yield from _question_texts(f"{lesson} {part} {name}", question)
    yield from ((f"mistake {name}", known.sentence) for name, known in MISTAKES.items())
    for seed, lesson, level in itertools.product(range(12), sorted(drills.GENERATORS), range(1, drills.LEVELS + 1)):
        place = f"{lesson} drill {seed} {level}"
        yield from _question_texts(place, drills.make(lesson, seed, level), unknown=seed == 0)


def _question_texts(place: str, question: Any, *, unknown: bool = True) -> Told:
    """Every text of a question. ``unknown``: what is said of a number that no mistake leads to, too.

    To find that none does, and no two together, takes as long as all else; it is said in the same words of any numbers.
    """
    said = [question.text, question.explain, question.shown_answer(), *question.solution()]
    said += [part for option in question.options for part in (option.value, option.text, option.because)]
    given: list[object] = [[option.value] for option in question.options]
    if question.kind == "number":
        given = [*map(str, question.wrong.values()), *(["0.123"] if unknown else [])]
    verdicts = [question.judge(each) for each in given]  # less the numbers at their ends, which are no rule's
    said += [verdict.sentence.removesuffix(verdict.beside) for verdict in verdicts]
    right = question.judge(question.right if question.kind in ("several", "order") else question.right[0])
    options = {option.value for option in question.options}
    if not right.right or (question.kind != "number" and not set(question.right) <= options):
        said.append(f"40 % (no right answer is offered: {question.right})")
    shown = question.shown_answer() if question.unit == "%" else ""  # whatever it is, it is no rule's
    yield from ((place, text.replace(shown, "") if shown else text) for text in said)


def panel_texts() -> Told:
    """What every panel shows at its start, for each choice and switch, and at each step of a walk.

    Not at the ends of sliders: what is typed there is no figure of the rules, and may be the same number.
    """
    import marginlib.lessons
    from marginlib.panels.controls import Slider
    from marginlib.panels.panel import Panel

    for name in marginlib.lessons.__all__:
        kind = getattr(marginlib.lessons, name)
        if not (isinstance(kind, type) and issubclass(kind, Panel)):
            continue
        panel = kind()
        start = dict(panel.values)
        options = [(each.name, to) for each in panel.controls if not isinstance(each, Slider) for to in each.track()]
        for at, values in enumerate([start, *({**start, control: to} for control, to in options)]):
            view = panel.view(values)
            for text in (view["title"], view["alert"], *view["words"]):
                yield f"{name} {at}", text
            for table in view["tables"]:
                for row in table["rows"]:
                    for cell in row["cells"]:
                        yield f"{name} {at}, {table['caption']}", cell


TOLD: dict[str, Callable[[], Told]] = {"quiz": quiz_texts, "panels": panel_texts}
"""What is looked through, by name."""


def _print_all(name: str, folder: Path, *, until_seen: bool) -> None:
    """Tell everything with the rule files of another folder: in a process of its own, before anything has read them.

    ``until_seen``: only as much of it as has every old figure that is looked for.
    """
    from marginlib.reading import files

    files.data_folder = lambda: folder
    found: list[tuple[str, str]] = []
    missing = set(SEEN)
    for place, text in TOLD[name]():
        found.append((place, text))
        missing -= {figure for figure in missing if OLD[figure].search(MEANT.sub("", text))}
        if until_seen and not missing:
            break
    print(json.dumps(found))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rule files with every figure changed."""
    made = tmp_path_factory.mktemp("changed")
    root = Path(__file__).resolve().parent.parent / "data"
    for path in [*root.glob("*.*"), *root.glob("lessons/*.toml")]:
        text = path.read_text(encoding="utf-8")
        for old, new in CHANGED.get(path.name, []):
            assert re.search(rf"^{re.escape(old)}$", text, re.MULTILINE), f"{path.name}: there is no '{old}' any more"
            text = re.sub(rf"^{re.escape(old)}$", new, text, flags=re.MULTILINE)
        target = made / path.relative_to(root)
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return made


def told(name: str, folder: Path, *how: str) -> list[tuple[str, str]]:
    """What is told with the rule files of a folder."""
    root = Path(__file__).resolve().parent.parent
    run = subprocess.run(
        [sys.executable, __file__, name, str(folder), *how],
        capture_output=True,
        text=True,
        check=False,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return [(place, text) for place, text in json.loads(run.stdout)]


@pytest.mark.parametrize("name", TOLD)
def test_no_text_has_an_old_figure(name: str, folder: Path) -> None:
    found = {
        f"{place}: {figure}: {text}"
        for place, text in told(name, folder)
        for figure, old in OLD.items()
        if old.search(MEANT.sub("", text))
    }
    assert not found, "\n".join(sorted(found))


@pytest.mark.parametrize("name", TOLD)
def test_the_same_look_finds_them_where_nothing_is_changed(name: str) -> None:
    """Else the test above would see nothing."""
    data = Path(__file__).resolve().parent.parent / "data"
    texts = [MEANT.sub("", text) for _, text in told(name, data, "until seen")]
    assert {figure for figure, old in OLD.items() if any(old.search(text) for text in texts)} >= SEEN


def test_every_figure_of_the_rule_files_is_changed() -> None:
    root = Path(__file__).resolve().parent.parent / "data"
    for name, changes in CHANGED.items():
        text = (root / name).read_text(encoding="utf-8")
        figures = set(re.findall(r"^\w+ = [0-9.]+$", text, re.MULTILINE))
        assert figures == {old for old, _ in changes if "=" in old}, name


if __name__ == "__main__":
    _print_all(sys.argv[1], Path(sys.argv[2]), until_seen=sys.argv[3:] == ["until seen"])
