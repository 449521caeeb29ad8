"""The browser's side: modules that import each other, and one self-contained script made of them for a widget.

A widget is shown from one string. It is joined here, in Python, from modules that a page can also load as they are;
what they say about types stays out of it, since every widget on a page brings its script along.
Only the plainest forms are known, so that nothing is guessed: ``import { a, b } from "./c.js"``, ``export`` in front of
a declaration of one name, and one ``export default`` in the module that is asked for.
"""

import functools
import os
import re
from pathlib import Path

from marginlib.drawing.colours import ROLES, WRITTEN, Ground

BROWSER = Path(__file__).parent / "browser"
"""Where the modules lie that all widgets share."""

_IMPORT = re.compile(r'^import \{\s*([\w$]+(?:,\s*[\w$]+)*),?\s*\} from "(\.[^"\n]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const)\b)", re.MULTILINE)
_DECLARED = re.compile(r"^(export )?(?:async )?(?:function\*?|class|const|let|var) ([\w$]+)", re.MULTILINE)
_UNKNOWN = re.compile(r"^(?:import|export)\b.*|^(?:const|let|var) [{[].*", re.MULTILINE)
_TYPES = re.compile(r"^ */\*\*(?:(?!\*/)[\s\S])*\*/\n", re.MULTILINE)  # comments on lines of their own, for the checker
_DYNAMIC = re.compile(r"^(?!\s*//).*\bimport\s*[(.].*", re.MULTILINE)


class BrokenScript(Exception):
    """Modules that can't be joined; the sentence says which and why."""


@functools.cache
def script(entry: str, folder: Path = BROWSER) -> str:
    """One script of a module and all that it imports, each once and after what it needs itself.

    Raises:
        BrokenScript: a module that isn't there or lacks an imported name, a circle, a name that two modules have at
            their top, or a form of import or export that isn't known here.

    >>> script("host.js").splitlines()[-1]
    'export default { initialize, render };'
    """
    joined: dict[Path, str] = {}
    owners: dict[str, Path] = {}
    _join(folder / entry, (), joined, owners)
    return "\n".join(joined.values())


def _join(file: Path, path: tuple[Path, ...], joined: dict[Path, str], owners: dict[str, Path]) -> None:
    """Put a module behind those that it imports; ``path`` is how it was reached, ``owners`` who has which name."""
    file = Path(os.path.normpath(file))
    if file in path:
        raise BrokenScript(f"a circle of imports: {' → '.join(each.name for each in (*path, file))}")
    if file in joined:
        return
    text = _read(file, path)
    for names, source in _IMPORT.findall(text):
        wanted = {name.strip() for name in names.split(",")}
        needed = file.parent / source
        _join(needed, (*path, file), joined, owners)
        given = {name for exported, name in _DECLARED.findall(_read(needed, (file,))) if exported}
        for name in sorted(wanted - given):
            raise BrokenScript(f"{file.name}: {needed.name} exports no {name}")
    for _, name in _DECLARED.findall(text):
        if name in owners:
            raise BrokenScript(f"{name} is declared at the top of {owners[name].name} and of {file.name}")
        owners[name] = file
    code = _EXPORT.sub("", _IMPORT.sub("", _TYPES.sub("", text)))
    for line in (*_UNKNOWN.findall(code), *_DYNAMIC.findall(code)):
        if path or not line.startswith("export default "):
            raise BrokenScript(f"{file.name}: can't join {line!r}")
    joined[file] = code.lstrip("\n")


def _read(file: Path, path: tuple[Path, ...]) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BrokenScript(f"{path[-1].name if path else 'asked for'}: there is no {file.name}") from None


@functools.cache
def style(name: str, folder: Path = BROWSER) -> str:
    """A widget's style sheet, behind the colours that it names and what all widgets share.

    >>> style("host.css").startswith(colours())
    True
    """
    return colours() + shared() + (folder / name).read_text(encoding="utf-8")


@functools.cache
def shared() -> str:
    """The style of what stands in words everywhere: links to rules, and their cards."""
    return (BROWSER / "shared.css").read_text(encoding="utf-8")


@functools.cache
def colours() -> str:
    """The colours of the roles as custom properties, on light and on dark ground.

    >>> "--mw-own: #072C79;" in colours(), "--mw-ground: #111111;" in colours()
    (True, True)
    """
    return f'body {{{_properties("light")}}}\nbody[data-jp-theme-light="false"] {{{_properties("dark")}}}\n'


def _properties(ground: Ground) -> str:
    roles = {role: each[ground] for role, each in {**ROLES, **WRITTEN}.items()}
    return "".join(f" --mw-{name}: {colour};" for name, colour in roles.items()) + " "
