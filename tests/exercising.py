"""An exercise with an item of each kind, and a clock."""

from pathlib import Path

SCENARIO = """'''{
  "balances": {"EUR": "2000"}, "prices": {"BTC/EUR": "50000"},
  "steps": [
    {"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1", "leverage": 5},
    {"do": "close", "pair": "BTC/EUR", "volume": "all", "price": "51000"}]}'''"""
WEEK = f"""title = "What a loss takes"
mode = "learning"
seed = 7
minutes = 20

[scenarios]
small = {SCENARIO}

[[item]]
lesson = "05"
check = "taken"

[[item]]
drill = "05"
level = 2
count = 3

[[item]]
panel = "HowFar"
text = "Bring the margin call to {{goal}}."
ask = "call_price"
goal = [12000, 13000]
tolerance = 150
unit = "USD"
start = {{ USD = 9000 }}

[[item]]
kind = "number"
text = "You bought 0.1 BTC at 50,000 EUR with a leverage of 5 and sell at 51,000 EUR. What is your profit?"
ask = "pnl"
unit = "EUR"
scenario = "small"
mistakes = ["leverage_multiplies"]
"""


class Clock:
    """A clock that goes on when it is told."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def written(folder: Path, text: str, name: str = "week.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path
