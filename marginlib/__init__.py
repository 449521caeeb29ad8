"""An exact engine for margin trading of spot crypto, and the panels of a workbook about it."""

from marginlib.engine.errors import InvalidRulebook, InvalidScenario, Refusal
from marginlib.engine.replaying import replay
from marginlib.engine.rulebook import Rulebook, load_rulebook, rulebook, rules
from marginlib.engine.scenario import Scenario, read_scenario
from marginlib.engine.story import Story

__all__ = [
    "InvalidRulebook", "InvalidScenario", "Refusal", "Rulebook", "Scenario", "Story",
    "load_rulebook", "read_scenario", "replay", "rulebook", "rules",
]  # fmt: skip
