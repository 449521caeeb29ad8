"""A case as a link: ``#c1/…``, the fields as they are written, whether they are right or not.

The packing knows the words that fields are made of. They belong to version ``c1``: to change them is a new version.
"""

from collections.abc import Mapping
from typing import Any

from marginlib.lessons.own_case.fields import Fields
from marginlib.panels.packing import Kind, packed

VERSION, MOST = "c1", 16_000
_WORDS = (
    b'"conversion":{"cash_cash":"","btc_eth_cash":"","other":""}"levels":{"call":"80","liquidation":"40"}'
    b'"collateral":{"order":"","add":"","remove":""}"haircuts_own":[{"code":"ADA","percent":"10"}]'
    b'"liquidation":"until-100""haircuts":"own""haircuts":"2026-08-11""title":"","valuation":"USD"'
    b'{"balances":[{"code":"EUR","amount":"1000"},{"code":"BTC","amount":"0.05"},{"code":"ETH","amount":"0.5"},'
    b'{"code":"USD","amount":""}],"lots":[{"pair":"BTC/EUR","side":"long","volume":"0.1","price":"50000",'
    b'"leverage":"5","age":"24"},{"pair":"ETH/EUR","side":"short","volume":"2","price":"2500","leverage":"3",'
    b'"age":"","rollover":"0.02"}],"prices":[{"pair":"BTC/EUR","price":"45000"},{"pair":"ETH/EUR","price":"2600"}],'
    b'"stops":[{"pair":"BTC/EUR","trigger":"44000"}],"fees":{"trading":"0.25","opening":"0.02","rollover":"0.02"}}'
)


_CASE = Kind(VERSION, _WORDS, "an account", "expected a link as the button below an account gives it", MOST)


def is_link(text: str) -> bool:
    """Whether a text is meant as a link to a case, whatever its version.

    >>> is_link("https://example.org/10_your_own_case.html#c1/abc"), is_link("#v1/Life?move=-20")
    (True, False)
    """
    return _CASE.is_link(text)


def written(fields: Mapping[str, Any]) -> str:
    """The link of some fields; what is empty is left out of it.

    >>> read(written({"balances": [{"code": "EUR", "amount": "5"}], "lots": [], "title": ""}))
    {'balances': [{'code': 'EUR', 'amount': '5'}]}
    """
    return f"#{VERSION}/{packed(_filled(fields), _WORDS)}"


def read(link: str) -> Fields:
    """The fields of a link, however it was passed on: wrapped, in <…>, percent-encoded.

    Raises:
        ValueError: it is none, of another version, or broken; the sentence says what would work.

    >>> read("#c7/abc")
    Traceback (most recent call last):
    ValueError: it is of version c7, and c1 is what is known here; open it with the workbook that it comes from
    """
    return _CASE.read(link)


def _filled(data: Any) -> Any:
    """Plain data without what is empty in it; rows keep their places."""
    if isinstance(data, Mapping):
        kept = {str(name): _filled(value) for name, value in data.items()}
        return {name: value for name, value in kept.items() if value not in ("", [], {})}
    return [_filled(each) for each in data] if isinstance(data, list | tuple) else data
