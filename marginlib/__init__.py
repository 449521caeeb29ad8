"""An exact engine for margin trading of spot crypto, and the panels of a workbook about it."""

from marginlib.errors import InvalidRulebook, InvalidScenario, Refusal
from marginlib.replay import replay
from marginlib.rulebook import Rulebook, load_rulebook, rulebook, rules
from marginlib.scenario import Scenario, read_scenario
from marginlib.story import Story

__all__ = [
    "InvalidRulebook", "InvalidScenario", "Refusal", "Rulebook", "Scenario", "Story",
    "load_rulebook", "read_scenario", "replay", "rulebook", "rules",
]  # fmt: skip
