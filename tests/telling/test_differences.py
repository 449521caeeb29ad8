"""Derivations write a difference with its minus between the parts: no price is shown as if it were negative."""

from decimal import Decimal

from marginlib.engine.derivation import Derivation
from marginlib.telling.why import line

USD = (("BTC", -1), ("USD", 1))


def test_a_price_is_not_written_as_negative() -> None:
    now = Derivation("price of BTC/USD", Decimal(54000), "input", unit=USD)
    opened = Derivation("", Decimal(60000), "input", unit=USD)
    turned = Derivation("", Decimal(-54000), "opposite", (now,), unit=USD)
    share = Derivation("", Decimal("-0.9"), "quotient", (turned, opened))
    gain = Derivation("", Decimal("0.1"), "sum", (share, Derivation("", Decimal(1), "input")))
    percent = Derivation("", Decimal(10), "product", (gain, Derivation("", Decimal(100), "input")))

    assert line(percent) == "10 = (1 − 54,000.00 USD price of BTC/USD ÷ 60,000.00 USD) × 100"
