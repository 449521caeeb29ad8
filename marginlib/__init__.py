"""An exact engine for margin trading of spot crypto, and the panels of a workbook about it.

Everything that a teacher or a notebook needs comes from here; each name is loaded when it is first used, so that the
engine alone (``import marginlib.engine``) stays light.

>>> from marginlib import Scenario, replay
>>> replay(Scenario.of({"balances": {"EUR": "100"}})).final.balance("EUR")
Decimal('100')
"""

# Nothing is imported here that takes time: the command can be interrupted from its first moment on.
TYPE_CHECKING = False  # for those who check types, True

if TYPE_CHECKING:
    from marginlib.analysis.add_order import order
    from marginlib.analysis.futures import Perpetual
    from marginlib.analysis.limits import limit_move, limit_price, limit_together, limits, margin_at_opening
    from marginlib.analysis.outcome import worth
    from marginlib.analysis.paths import paths, walk
    from marginlib.analysis.sheet import sheet
    from marginlib.classes.sheet import exercise
    from marginlib.engine.errors import InvalidRulebook, InvalidScenario, Refusal
    from marginlib.engine.replaying import resume
    from marginlib.engine.rulebook import Rulebook
    from marginlib.engine.scenario import (
        Close,
        ConversionFees,
        Deposit,
        Fees,
        Open,
        Price,
        Rules,
        Scenario,
        Settle,
        Stop,
        Trade,
        Wait,
        Withdraw,
    )
    from marginlib.engine.story import Story
    from marginlib.reading.replaying import replay
    from marginlib.reading.rulebooks import load_rulebook, rulebook, rules
    from marginlib.reading.scenarios import read_scenario
    from marginlib.telling.numbers import money, percent
    from marginlib.telling.saying import say
    from marginlib.telling.sentences import tell
    from marginlib.ways_out import advice
    from marginlib.ways_out.break_even import break_even_fee, flips
    from marginlib.ways_out.covering import little_first, part_first
    from marginlib.ways_out.plans import plan

_ROOMS = {
    "engine.errors": ("InvalidRulebook", "InvalidScenario", "Refusal"),
    "engine.replaying": ("resume",),
    "engine.rulebook": ("Rulebook",),
    "engine.scenario": (
        *("Close", "Deposit", "Open", "Price", "Scenario", "Settle", "Stop", "Trade", "Wait", "Withdraw"),
        *("ConversionFees", "Fees", "Rules"),
    ),
    "engine.story": ("Story",),
    "reading.replaying": ("replay",),
    "reading.rulebooks": ("load_rulebook", "rulebook", "rules"),
    "reading.scenarios": ("read_scenario",),
    "analysis.add_order": ("order",),
    "analysis.futures": ("Perpetual",),
    "analysis.limits": ("limit_move", "limit_price", "limit_together", "limits", "margin_at_opening"),
    "analysis.outcome": ("worth",),
    "analysis.paths": ("paths", "walk"),
    "analysis.sheet": ("sheet",),
    "telling.numbers": ("money", "percent"),
    "telling.saying": ("say",),
    "telling.sentences": ("tell",),
    "classes.sheet": ("exercise",),
    "ways_out": ("advice",),
    "ways_out.break_even": ("break_even_fee", "flips"),
    "ways_out.covering": ("little_first", "part_first"),
    "ways_out.plans": ("plan",),
}
_WHERE = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "Close", "ConversionFees", "Deposit", "Fees", "InvalidRulebook", "InvalidScenario", "Open", "Perpetual", "Price",
    "Refusal", "Rulebook", "Rules", "Scenario", "Settle", "Stop", "Story", "Trade", "Wait", "Withdraw", "advice",
    "break_even_fee", "exercise", "flips", "limit_move", "limit_price", "limit_together", "limits", "little_first",
    "load_rulebook", "margin_at_opening", "money", "order", "part_first", "paths", "percent", "plan",
    "read_scenario", "replay", "resume", "rulebook", "rules", "say", "sheet", "tell", "walk", "worth",
]  # fmt: skip


def __getattr__(name: str) -> object:
    import importlib

    if name not in _WHERE:
        raise AttributeError(f"module 'marginlib' has no attribute {name!r}")
    room = importlib.import_module(f"marginlib.{_WHERE[name]}")
    value = getattr(room, name, None) or importlib.import_module(f"{room.__name__}.{name}")  # a module in a room
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _plainly() -> None:
    """Only a notebook, or IPython on a terminal, shows things by itself: there amounts are shown as plain numbers."""
    import sys

    if shell := getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)():
        import importlib

        importlib.import_module("marginlib.telling.display").plainly(shell)


_plainly()
