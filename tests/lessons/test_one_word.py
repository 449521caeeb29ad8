"""What a position holds is called by one word in all figures: restricted."""

import re
from typing import Any

import pytest

from marginlib.lessons import BalanceSheet, ClosingSteps, OpeningSteps, SettleOrClose, ShortOrFuture
from marginlib.panels.panel import Panel


@pytest.mark.parametrize("panel_class", [OpeningSteps, BalanceSheet, ClosingSteps, ShortOrFuture, SettleOrClose])
def test_what_a_position_holds_is_called_restricted(panel_class: type[Panel[Any]]) -> None:
    panel: Any = panel_class()
    figures = panel.view(panel.read({}))["figures"]
    texts = [text for figure in figures for trace in figure["data"] if trace.get("mode") == "text"
             for text in trace["text"]]  # fmt: skip
    texts += [text for figure in figures for text, _ in figure["layout"]["meta"].get("tells", ())]

    assert not [text for text in texts if re.search(r"\bheld\b", text, re.IGNORECASE)]
