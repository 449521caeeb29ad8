"""How a plan looks on a terminal: the four ways beside each other, and then each by itself."""

from collections.abc import Iterable, Sequence

from rich.console import Console

from marginlib.engine.errors import InvalidScenario
from marginlib.engine.story import Story
from marginlib.telling.numbers import regrouped
from marginlib.telling.terminal import bare, clean, heading, not_replayed, paged, said, section, tabulated
from marginlib.ways_out import advice, orders
from marginlib.ways_out.advice import Report
from marginlib.ways_out.orders import Orders
from marginlib.ways_out.plans import NOT_NEEDED, Plan

_MOST_ORDERS, _MOST_PAIRS = 24, 8  # that a table has room for


def show_plans(story: Story, reports: Iterable[Report], name: str, compared: Sequence[Orders] = ()) -> None:
    """Print the four ways out of each open position, what each costs, and where the answer turns.

    ``compared``: the orders in which several positions may be ended.
    """
    with paged() as page:
        heading(page, clean(story.scenario.title or "") or name)
        for report in reports:
            plan = report.plan
            page.print()
            said(page, advice.standing(plan, report.state), 2)
            page.print()
            _costs(page, plan)
            page.print()
            for sentence in (advice.answer(plan), *report.reopening(), *report.turning()):
                said(page, sentence, 2)
            for way in plan.ways:
                told = [*advice.followed(way), advice.cost(way), advice.asked(way), advice.leaves(way)]
                section(page, advice.named(way.name, plan.currency), filter(None, told))
        if compared:
            section(page, "In which order", ())
            for found in compared:
                page.print()
                _orders(page, found)
                page.print()
                for sentence in orders.answer(found):
                    said(page, sentence, 2)


def show_no_plan(step: int | None, code: str, message: str, name: str) -> None:
    """Print why there is nothing to plan: no scenario, a step that is refused, or nothing open."""
    with paged() as page:
        heading(page, name)
        page.print()
        if code == InvalidScenario.code:
            said(page, not_replayed(message), 2)
        else:
            refused = f"Step {step + 1} is refused, so there is nothing to plan: " if step is not None else ""
            said(page, refused + regrouped(clean(message)), 2)


def _costs(page: Console, plan: Plan) -> None:
    """The ways beside each other; the cheapest is marked by a word."""
    quote = plan.currency
    rows: list[tuple[str, ...]] = []
    for way in plan.ways:
        name = advice.named(way.name, quote).partition(",")[0]
        if way.cost is None:
            rows.append((name, "not needed" if way.closed.startswith(NOT_NEEDED) else "not open", "", "", "", ""))
            continue
        mark = "cheapest" if way.name in plan.tied else "with a deposit" if way.name == plan.cheapest_of_all else ""
        costs = (bare(part, quote) if part else "–" for part in way.parts)
        rows.append((name, bare(way.cost, quote), *costs, mark))
    tabulated(page, ("Way", f"Costs, {quote}", "Closing", "Orders", "Converting", ""), rows, left=1)


def _orders(page: Console, found: Orders) -> None:
    """The orders beside each other, the cheapest first."""
    how = "Each closed" if found.how == "close" else "Each in its cheapest way"
    rows = []
    for order, more in list(orders.each_way(found))[:_MOST_ORDERS]:
        cost = "not open" if order.cost is None else bare(order.cost, found.currency)
        rows.append((", ".join(order.pairs[:_MOST_PAIRS]), cost, more if order.cost is not None else ""))
    tabulated(page, (how, f"Costs, {found.currency}", "More than the first"), rows, left=1)
