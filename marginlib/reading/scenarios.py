"""Scenarios from JSON. Whatever is wrong becomes one sentence that names the place and what was expected."""

import json
import re
from decimal import Decimal
from typing import Any

from marginlib.engine.errors import InvalidScenario, given
from marginlib.engine.kinds import shown
from marginlib.engine.scenario import Scenario
from marginlib.engine.sharing import all_kept

_HALF = re.compile("[\ud800-\udfff]")  # half of a character, as a lone JSON escape makes it


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise InvalidScenario(f"the key {shown(key)} is given twice in one object; expected each key once")
        if value is None:
            raise InvalidScenario(f"{shown(key)}: expected a value, got nothing (null); leave the key out instead")
        for text in (key, value):
            if isinstance(text, str) and _HALF.search(text):
                raise InvalidScenario(f"{shown(key)}: expected whole characters, got {shown(text)}")
        result[key] = value
    return result


def read_scenario(text: str | bytes) -> Scenario:
    """Read a scenario from JSON. Numbers are read as the decimals they are written as.

    Raises:
        InvalidScenario: not JSON, or not a scenario; one sentence that names the place and what was expected.

    >>> read_scenario('{"balances": {"EUR": 0.1}}').balances["EUR"]
    Decimal('0.1')
    >>> read_scenario('{"balances": {"EUR": 1, "EUR": 2}}')
    Traceback (most recent call last):
    marginlib.engine.errors.InvalidScenario: the key 'EUR' is given twice in one object; expected each key once
    """
    given("text", text, str | bytes, "a scenario as JSON; for plain data there is Scenario.of({…})")  # type: ignore[arg-type]
    with all_kept():
        return Scenario.of(_loaded(text))


def _loaded(text: str | bytes) -> object:
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        return json.loads(
            text.removeprefix("\ufeff"),
            parse_float=Decimal,
            parse_int=Decimal,
            parse_constant=Decimal,
            object_pairs_hook=_object,
        )
    except ArithmeticError:
        raise InvalidScenario("a number's exponent is beyond reason; expected an amount such as 0.5") from None
    except UnicodeDecodeError as error:
        raise InvalidScenario(f"the file is not UTF-8 text (byte {error.start}); expected JSON") from None
    except json.JSONDecodeError as error:
        message = f"not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise InvalidScenario(f'{message}; expected an object such as {{"balances": …, "steps": […]}}') from None
    except RecursionError:
        raise InvalidScenario("nested too deeply; expected an object with balances, prices and steps") from None
