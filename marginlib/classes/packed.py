"""An exercise as one link or code: ``#x1/…``, what follows is the exercise, packed; no server keeps it.

The packing knows the words that exercises are made of. They belong to version ``x1``: to change them is a new version.
"""

from collections.abc import Mapping
from typing import Any

from marginlib.panels.packing import Kind, joined, packed

VERSION, MOST = "x1", 16_000
EXAMPLE = "#x1/…"
_WORDS = (
    b'"explain":"","because":"","mistakes":["conversion_fee_left_out","fee_on_top","wrong_sign","trading_fee_left_out"],'
    b'"options":[{"value":"","text":""},"unit":"USD","unit":"EUR","tolerance":"0.01","kind":"several","kind":"order",'
    b'"kind":"one","kind":"number","ask":"level","ask":"pnl","ask":"taken:BTC","ask":"balance:EUR","scenario":"{'
    b'\\"balances\\":{\\"EUR\\":\\"2000\\",\\"USD\\":\\"500\\",\\"BTC\\":\\"0.01\\"},\\"prices\\":{\\"BTC/EUR\\":\\"50000\\",'
    b'\\"EUR/USD\\":\\"1.25\\"},\\"rules\\":{\\"initial_margin_check\\":false},\\"fees\\":{\\"trading\\":\\"0.0025\\"},'
    b'\\"steps\\":[{\\"do\\":\\"open\\",\\"pair\\":\\"BTC/EUR\\",\\"side\\":\\"short\\",\\"side\\":\\"long\\",'
    b'\\"volume\\":\\"0.1\\",\\"leverage\\":5},{\\"do\\":\\"price\\",\\"pair\\":\\"BTC/EUR\\",\\"price\\":\\"40000\\"},'
    b'{\\"do\\":\\"settle\\",{\\"do\\":\\"wait\\",\\"hours\\":4},{\\"do\\":\\"close\\",\\"pair\\":\\"BTC/EUR\\",'
    b'\\"volume\\":\\"all\\"}]}","panel":"HowFar","ask":"call_price","text":"Bring the margin call to {goal}.",'
    b'"goal":["16000","start":{"USD":8000,"BTC":"0.5","price":"move":-10,"lesson":"07","check":"taken"},'
    b'{"lesson":"05","check":"},{"drill":"05","level":1,"count":2},{"drill":"06","level":2,"count":3}],'
    b'"minutes":20,"back":false,"mode":"exam","mode":"learning","seed":1,"item":[{"scenarios":{"title":"'
)


_EXERCISE = Kind(VERSION, _WORDS, "an exercise", "expected a link or code as `marginlib exercise link` gives it", MOST)


def is_link(source: str) -> bool:
    """Whether a text is meant as a link or code, whatever its version.

    >>> is_link("https://example.org/exercise.html#x1/abc"), is_link("week1.toml")
    (True, False)
    """
    return _EXERCISE.is_link(source) and not joined(source).endswith(".toml")


def written(data: Mapping[str, Any], site: str = "") -> str:
    """The link of an exercise's plain data, behind a site's address, if there is one."""
    told = packed(data, _WORDS)
    if len(told) > MOST:
        raise ValueError(f"the exercise is too long for a link: {len(told):,} characters; at most {MOST:,} are read")
    page = site and (site if site.endswith(".html") else f"{site.rstrip('/')}/exercise.html")
    return f"{page}#{VERSION}/{told}"


def read(link: str) -> dict[str, Any]:
    """The plain data of a link or code, however it was passed on: wrapped, in <…>, percent-encoded.

    Raises:
        ValueError: it is none, of another version, or broken; the sentence says what would work.

    >>> read(" <https://example.org/exercise.html" + written({"title": "A"}) + "> ")
    {'title': 'A'}
    >>> read("#x9/abc")
    Traceback (most recent call last):
    ValueError: it is of version x9, and x1 is what is known here; open it with the workbook that it comes from
    """
    return _EXERCISE.read(link)
