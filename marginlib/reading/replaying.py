"""Replaying by the rulebook in ``data/``."""

from marginlib.engine import replaying
from marginlib.engine.errors import given
from marginlib.engine.rulebook import Rulebook
from marginlib.engine.scenario import Scenario
from marginlib.engine.story import Story
from marginlib.reading.rulebooks import rulebook as in_data


def replay(scenario: Scenario, rulebook: Rulebook | None = None) -> Story:
    """Replay a scenario with the rulebook in ``data/``, or another one. The same scenario gives the same story.

    A refused step changes nothing and ends the story; ``story.error`` says why.

    Raises:
        InvalidScenario: a wait in which too many rollovers would fall due.
        TypeError: what is given is no scenario, or no rulebook.

    >>> story = replay(Scenario.of({
    ...     "balances": {"EUR": "2000"}, "prices": {"BTC/EUR": "50000"},
    ...     "steps": [{"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1", "leverage": 5},
    ...               {"do": "close", "pair": "BTC/EUR", "volume": "all", "price": "51000"}]}))
    >>> story.final.balances
    {'EUR': Decimal('2100.0000')}
    """
    given("scenario", scenario, Scenario, "a Scenario, such as Scenario.of({…}) makes of plain data")
    if rulebook is not None:
        given("rulebook", rulebook, Rulebook, "a Rulebook, such as load_rulebook(folder) gives")
    return replaying.replay(scenario, in_data() if rulebook is None else rulebook)
