"""Where a lesson's cells run when there is no notebook: in the worker of a page, and while the site is built.

The room carries what the cells show: each live thing gets a name for its slots, its state goes to the page, and what
the page tells it is passed on. Page and room exchange JSON texts, so that any worker can bring them.
"""

import ast
import gc
import importlib
import json
import symtable
from collections.abc import Callable, Iterable
from typing import Any

from marginlib.panels.live import Live, Message, carried
from marginlib.quiz.lesson import questions
from marginlib.quiz.shelf import LESSONS

Post = Callable[[str], object]


class Room:
    """Runs cells, and carries what they show to a page.

    >>> room = Room()
    >>> room.run("cell-1", "from marginlib.lessons import Life")
    ''
    >>> room.run("cell-2", "Life()")[:42]
    '<div class="mw-slot mw-slot-cell-2-0"><p><'
    >>> list(room.live)
    ['cell-2-0']
    """

    def __init__(self, post: Post = lambda _: None) -> None:
        """``post`` brings a JSON text to the page."""
        self.live: dict[str, Live] = {}
        """What was shown, by the name of its slots."""
        self._post = post
        self._names: dict[str, Any] = {"__name__": "__main__"}
        self._there: dict[str, dict[str, Any]] = {}
        self._hearing = ""

    def run(self, cell: str, source: str) -> str:
        """Run a cell of that id; return as HTML what its last line shows, or nothing.

        Raises:
            Exception: whatever the cell raises.
        """
        body = ast.parse(source, f"<{cell}>").body
        last = body.pop().value if body and isinstance(body[-1], ast.Expr) else None  # type: ignore[attr-defined]
        count = 0

        def carry(live: Live) -> str:
            nonlocal count
            for name, known in self.live.items():
                if known is live:
                    return name
            name = f"{cell}-{count}"
            count += 1
            self._take_in(name, live)
            return name

        with carried(carry):
            exec(compile(ast.Module(body, []), f"<{cell}>", "exec"), self._names)
            shown: Any = eval(compile(ast.Expression(last), f"<{cell}>", "eval"), self._names) if last else None
            return str(shown.slot()) if hasattr(shown, "slot") else ""

    def _take_in(self, name: str, live: Live) -> None:
        self.live[name] = live
        self._there[name] = live.state()
        live.observe(lambda _: self._show(name), ["state"])
        self._send(name, draw=live.module.stem, state=self._there[name])

    def _show(self, name: str) -> None:
        """Tell the page what a live thing has become; while the page tells it something, once that is done."""
        if name == self._hearing:
            return
        now, there = self.live[name].state(), self._there[name]
        self._there[name] = now
        if changed := {part: value for part, value in now.items() if part not in there or there[part] != value}:
            self._send(name, state=changed)

    def _send(self, name: str, **what: object) -> None:
        self._post(json.dumps({"slot": name, **what}, ensure_ascii=False, separators=(",", ":")))

    def receive(self, text: str) -> None:
        """Pass on what the page tells a live thing: parts of its state, or a message.

        Raises:
            KeyError: there is nothing of that name.
            Exception: whatever it raises; a state that it can't have has been put back on the page.
        """
        told = json.loads(text)
        name = told["slot"]
        if "set" in told:
            self._adopt(name, told["set"])
        if "message" in told:
            for answer, _ in self.live[name].hear(told["message"]):
                self._send(name, message=answer)

    def _adopt(self, name: str, parts: Message) -> None:
        """Take in parts of a state in one go: none of them is put back before the live thing has seen all."""
        live = self.live[name]
        self._there[name] = {**self._there[name], **parts}
        self._hearing = name
        try:
            for part, value in parts.items():
                if live.state()[part] != value:
                    live.adopt(part, value)
        finally:
            self._hearing = ""
            self._show(name)


def load_all() -> None:
    """Load what any lesson may need, so that an image of Python's memory has it."""
    lessons = importlib.import_module("marginlib.lessons")
    for name in lessons.__all__:
        getattr(lessons, name)
    for number in LESSONS:
        questions(number)
    importlib.import_module("marginlib.classes.sheet")
    gc.collect()


def needed(cells: Iterable[tuple[str, str]], wanted: Iterable[str]) -> list[tuple[str, str]]:
    """The cells, as ids and sources, that are to be run for those wanted: they, and what has the names that they use.

    What those import and nobody uses is left out: a page is there sooner without it.

    >>> cells = [("a", "from decimal import Decimal, Context"), ("b", "print(1)"), ("c", "Decimal(2)")]
    >>> needed(cells, ["c"])
    [('a', 'from decimal import Decimal'), ('c', 'Decimal(2)')]
    """
    ids, names, kept = set(wanted), set[str](), []
    for cell, source in reversed(list(cells)):
        used, bound = _names(source)
        if cell in ids or bound & names:
            names = (names - bound) | used
            kept.append((cell, source))
    used_anywhere = set[str]().union(*(_loaded(source) for _, source in kept))
    return [(cell, _without_unused(source, used_anywhere)) for cell, source in reversed(kept)]


def _names(source: str) -> tuple[set[str], set[str]]:
    """The names that a cell takes from before it, and those that it gives something to; both at its top."""
    used, bound = set[str](), set[str]()
    for statement in ast.parse(source).body:
        taken, given = _in_scope(symtable.symtable(ast.unparse(statement), "cell", "exec"))
        nodes = list(ast.walk(statement))
        own = {
            name.id
            for loop in nodes
            if isinstance(loop, ast.For)
            for name in ast.walk(loop.target)
            if isinstance(name, ast.Name)
        }
        taken |= {
            node.target.id for node in nodes if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)
        }
        used |= taken - own - bound
        bound |= given
    return used, bound


def _in_scope(table: symtable.SymbolTable) -> tuple[set[str], set[str]]:
    """The names of the top that are used, in functions too, and those that are bound."""
    used = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
    bound = {each.get_name() for each in table.get_symbols() if each.is_assigned() or each.is_imported()}
    waiting = list(table.get_children())
    while waiting:
        inner = waiting.pop()
        used |= {each.get_name() for each in inner.get_symbols() if each.is_global() and each.is_referenced()}
        waiting += inner.get_children()
    return used, bound


def _loaded(source: str) -> set[str]:
    return {
        node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def _without_unused(source: str, names: set[str]) -> str:
    """A cell without the imports of names that no cell uses."""
    tree = ast.parse(source)
    body: list[ast.stmt] = []
    for each in tree.body:
        if isinstance(each, ast.ImportFrom):
            each.names = [alias for alias in each.names if (alias.asname or alias.name) in names]
            if not each.names:
                continue
        body.append(each)
    return (
        source if ast.dump(ast.Module(body, [])) == ast.dump(ast.parse(source)) else ast.unparse(ast.Module(body, []))
    )
