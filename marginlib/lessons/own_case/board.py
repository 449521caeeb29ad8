"""What stands beside the paper: the answers as a picture, sentences and tables; and the same as a page to be printed."""

from typing import Any

from marginlib.analysis.limits import limits
from marginlib.engine.amounts import ZERO
from marginlib.lessons.own_case.case import Case
from marginlib.lessons.own_case.picture import Room, level_figure, rooms_figure
from marginlib.telling.numbers import percent
from marginlib.telling.on_page import escape

Board = dict[str, Any]

def board(case: Case) -> Board:
    state = case.story.final
    tied = case.story.margin
    if not state.positions:
        return {"title": "No position is open", "alert": "", "figures": [], "words": [], "parts": [], "foot": []}
    found = limits(state, case.scenario.valuation)
    rooms = []
    for name, reach in [*((p, r) for p, r in found.pairs)]:
        pass
    return {"title": f"Your margin level is {percent(tied.level/100, 1)}", "alert": "", "figures": [level_figure(tied.level, state.rulebook.call_level, state.rulebook.liquidation_level)], "words": ["W (B3)."], "parts": [], "foot": []}

def printed(case, answers): return ""
