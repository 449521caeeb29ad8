"""The engine decides by its rules; a practice bends a decision, and none leaves everything as it is."""

import hashlib
import json
from decimal import Decimal
from random import Random
from typing import Any

from marginlib import replay
from marginlib.engine.scenario import Scenario

# Of the stories below, as the engine told them before its decisions had names.
DIGEST = "d8fc1adb7ef522ade6c8389aff01a24ad0104df35fcce9c40c417233a0f1abc7"
COUNT = 400


def scenario(random: Random) -> dict[str, Any]:
    """An account in which much happens: lots in several pairs, both sides, stops, waits, and crashes."""
    pairs = ["BTC/EUR", "ETH/EUR", "ADA/BTC", "BTC/USD"]
    prices: dict[str, Decimal | int] = {
        "BTC/EUR": 50000,
        "ETH/EUR": 2000,
        "ADA/BTC": Decimal("0.00001"),
        "BTC/USD": 60000,
        "XMR/EUR": 200,
    }
    sides: dict[str, str] = {}
    steps: list[dict[str, Any]] = []

    def price(pair: str) -> str:
        return f"{Decimal(prices[pair]) * random.randrange(50, 160) / 100:f}"

    for _ in range(random.randrange(3, 14)):
        pair = random.choice(pairs)
        size = {"BTC": "0.1", "ETH": "2", "ADA": "5000"}[pair.partition("/")[0]]
        do = random.choice(["open", "open", "price", "close", "close", "settle", "wait", "stop", "trade", "in"])
        if do == "open":
            side = sides.setdefault(pair, random.choice(["long", "short"]))
            steps.append({"do": do, "pair": pair, "side": side, "volume": size, "leverage": random.choice([2, 3, 5])})
        elif do == "price":
            steps.append({"do": do, "pair": pair, "price": price(pair)})
        elif do in ("close", "settle") and pair in sides:
            steps.append({"do": do, "pair": pair, "volume": random.choice([size, f"{Decimal(size) / 4:f}"])})
        elif do == "wait":
            steps.append({"do": do, "hours": random.randrange(1, 30)})
        elif do == "stop" and pair in sides:
            side, at = ("sell", "0.8") if sides[pair] == "long" else ("buy", "1.2")
            steps.append({"do": do, "pair": pair, "side": side, "trigger": f"{Decimal(prices[pair]) * Decimal(at):f}"})
        elif do == "trade":
            steps.append({"do": do, "pair": "BTC/EUR", "side": random.choice(["buy", "sell"]), "volume": "0.01"})
        elif do == "in":
            steps.append({"do": "deposit", "currency": "EUR", "amount": "100"})
    return {
        "balances": {"EUR": random.choice(["0", "200", "9000"]), "BTC": random.choice(["0", "0.2"]),
                     "USD": "300", "DOGE": "900", "XMR": "3"},
        "prices": {**{pair: f"{at:f}" if isinstance(at, Decimal) else str(at) for pair, at in prices.items()},
                   "EUR/USD": "1.25", "DOGE/EUR": "0.1"},
        "valuation": random.choice(["EUR", "USD"]),
        "fees": random.choice([{}, {"trading": "0.0026", "opening": {"EUR": "0.0003", "other": "0.0002"},
                                    "rollover": "0.0002"}]),
        "rules": {"initial_margin_check": random.random() < 0.3, "haircuts": random.choice([{}, {"BTC": "0.1"}]),
                  "liquidation": random.choice(["off", "all", "until-100"])},
        "steps": steps,
    }  # fmt: skip


def stories() -> str:
    told = hashlib.sha256()
    random = Random(12)
    for _ in range(COUNT):
        told.update(json.dumps(replay(Scenario.of(scenario(random))).as_json()).encode())
    return told.hexdigest()


def test_without_a_bend_the_engine_is_the_engine_to_the_last_digit() -> None:
    assert stories() == DIGEST
