"""What exports call an asset, and its plain code; how it is held, which some codes say after a point."""

import re

from marginlib.engine.kinds import API_NAMES

EARLIER = API_NAMES | {"XNMC": "NMC", "XICN": "ICN", "XDAO": "DAO", "XXVN": "VEN", "XIOT": "IOTA", "ZKRW": "KRW"}
"""The names of the exchange's API, those of assets that it has no more among them."""
_HELD = re.compile(r"(.+?)\.(F|S|M|B|P|T|HOLD)", re.ASCII)
_BONDED = re.compile(r"([A-Z0-9]*[A-Z]{2})([0-9]{2})", re.ASCII)  # DOT28.S: bonded for 28 days
_LIKE_A_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}", re.ASCII)


def plain_code(text: str) -> tuple[str, str]:
    """The plain code of an asset, and how it is held; both empty if the text is no code.

    >>> plain_code("XXBT"), plain_code("ZEUR"), plain_code("XBT.F"), plain_code("EUR.HOLD"), plain_code("AAPLx")
    (('BTC', ''), ('EUR', ''), ('BTC', 'F'), ('EUR', 'HOLD'), ('AAPLx', ''))
    >>> plain_code("DOT28.S"), plain_code("ETH2.S"), plain_code("=1+1")
    (('DOT', '28.S'), ('ETH2', 'S'), ('', ''))
    """
    if not _LIKE_A_CODE.fullmatch(text):
        return "", ""
    if text.islower():
        text = text.upper()
    code, held = text, ""
    if found := _HELD.fullmatch(text):
        code, held = found.groups()
        if held == "S" and (bonded := _BONDED.fullmatch(code)):
            code, held = bonded[1], f"{bonded[2]}.S"
    return EARLIER.get(code, code), held
