"""The browser's scripts."""

import pathlib

_HERE = pathlib.Path(__file__).parent


def script(name: str, folder: pathlib.Path = _HERE) -> str:
    """One browser script.

    >>> "export default" in script("host.js")
    True
    """
    names = ["controls.js", name] if name == "host.js" else [name]
    files = [_HERE / "dom.js", *(folder / each for each in names)]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)
