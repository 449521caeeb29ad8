"""Lesson 03: the four steps of the exchange's settle form, rehearsed on a small copy of it. Nothing is sent."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from marginlib.analysis.add_order import order
from marginlib.engine.account import State
from marginlib.engine.derivation import entered, is_traced, money_unit
from marginlib.engine.scenario import Open, PositionSide, Scenario, Settle
from marginlib.engine.story import Story
from marginlib.panels.live import Live, Message, Sent
from marginlib.panels.reasons import Reasons
from marginlib.quiz.typed import pointed, read_number
from marginlib.reading.replaying import replay
from marginlib.telling import sentences
from marginlib.telling.numbers import in_panel, listed, money, price
from marginlib.telling.on_page import all_written, escape

_HERE = Path(__file__).parent
PAIR, OTHER = "BTC/EUR", "ETH/EUR"
TYPES = {
    "market": "Market",
    "limit": "Limit",
    "stop-loss": "Stop loss",
    "take-profit": "Take profit",
    "settle-position": "Settle",
}
STEPS = (
    "Press the ✕ at the right of the position",
    "Choose the order type Settle",
    "Type the quantity",
    "Press the large button below",
)


class Task(NamedTuple):
    """What to rehearse: a side, own balances, and the volume of BTC to be settled."""

    name: str
    text: str
    side: PositionSide
    balances: dict[str, str]
    volume: str


TASKS = (
    Task("long, all of it", "Settle all of your long of 1 BTC.", "long", {"EUR": "60000"}, "1"),
    Task("long, half of it", "Settle half of your long of 1 BTC.", "long", {"EUR": "60000"}, "0.5"),
    Task("short, all of it", "Settle all of your short of 1 BTC.", "short", {"EUR": "5000", "BTC": "1.2"}, "1"),
    Task("short, half of it", "Settle half of your short of 1 BTC.", "short", {"EUR": "5000", "BTC": "1.2"}, "0.5"),
    Task(
        "short, too little BTC",
        "You have only 0.4 BTC. Settle as much of your short of 1 BTC as they allow.",
        "short",
        {"EUR": "20000", "BTC": "0.4"},
        "0.4",
    ),
)


class SettleForm(Live):
    """A small copy of the exchange's positions and settle form. What is pressed gets a sentence (R2, R6, R18, R19).

    >>> form = SettleForm(task=1)
    >>> form.pick(1); form.choose("settle-position"); form.fill("0.5"); form.press()
    >>> form.done, form.order["type"]
    (True, 'buy')
    """

    module = _HERE / "settle_form.js"
    style = _HERE / "settle_form.css"
    alone = "To rehearse the steps, open this lesson on the site or as a notebook: this copy has no engine."

    def __init__(self, task: int = 0) -> None:
        """Start with one of the tasks, counted from 0.

        Raises:
            ValueError: there is no such task.
        """
        super().__init__()
        self._done, self._task = False, task
        self._reasons = Reasons()
        self.task = task

    @property
    def task(self) -> int:
        """Which of the tasks is rehearsed, from 0; another one starts anew.

        Raises:
            ValueError: there is no such task.
        """
        return self._task

    @task.setter
    def task(self, number: int) -> None:
        if type(number) is not int or not 0 <= number < len(TASKS):
            raise ValueError(f"task: expected a number from 0 to {len(TASKS) - 1}, got {number!r}")
        old, self._task = self._task, number
        self.start()
        if old != number:
            self._tell("task", old, self._task)

    @property
    def done(self) -> bool:
        """Whether the task is done."""
        return self._done

    def state(self) -> dict[str, Any]:
        """The task, whether it is done, and what is shown: as plain data."""
        return {
            "task": self.task,
            "done": self.done,
            "_shown": {**self._shown, **{name: all_written(self._shown[name]) for name in _WORDS}},
        }

    def adopt(self, name: str, value: Any) -> None:
        """Take over another task from the browser.

        Raises:
            ValueError: there is no such task.
        """
        if name == "task":
            self.task = value

    def start(self) -> None:
        """Put everything back to before the first step."""
        self.picked: int | None = None
        self.type, self.quantity = "market", ""
        self.order: dict[str, Any] = {}
        self._so_far: list[tuple[Any, ...]] = []  # what was pressed and typed, each with its name
        self._opened = replay(self._scenario())
        self._say("Start with step 1.", None)

    def _scenario(self, *steps: Settle) -> Scenario:
        """A long of ETH, and the position of the task, opened at today's prices."""
        task, leverage = TASKS[self.task], Decimal(5)
        return Scenario(
            balances={code: Decimal(amount) for code, amount in task.balances.items()},
            prices={PAIR: Decimal(50_000), OTHER: Decimal(2_500)},
            steps=(
                Open(pair=PAIR, side=task.side, volume=Decimal(1), leverage=leverage),
                Open(pair=OTHER, side="long", volume=Decimal(2), leverage=leverage),
                *steps,
            ),
        )

    @property
    def _state(self) -> State:
        return self._opened.final

    def pick(self, position: int) -> None:
        """Press the ✕ of a position, by its number."""
        self._so_far.append(("pick", position))
        lot = next((each for each in self._state.positions if each.id == position), None)
        if lot is None:
            self._say(f"There is no position {position}.", False)
        elif lot.pair != PAIR:
            self.picked = None
            self._say(
                f"That is your {lot.pair} position. A settlement stays in the pair that the position was opened in "
                f"(R18), so this can't end the one in {PAIR}. Press the ✕ of {PAIR}.",
                False,
            )
        else:
            self.picked = position
            self._say("The form is open. As it stands it would place a market order, and that closes (R9).", None)

    def choose(self, kind: str) -> None:
        """Choose the type of the order."""
        self._so_far.append(("choose", kind))
        self.type = kind
        if kind == "settle-position":
            side = "buys" if TASKS[self.task].side == "long" else "sells"
            self._say(f"The button now {side}: the side that opened the position, not the opposite one (R19).", None)
        else:
            self._say(self._would_close(), False)

    def fill(self, quantity: str) -> None:
        """Type the quantity, in BTC."""
        self._so_far.append(("fill", quantity))
        self.quantity = quantity.strip()
        self._say("Check the button's words, then press it." if self._number() else self._misread(), None)

    def press(self) -> None:
        """Press the large button."""
        self._so_far.append(("press",))
        if self.picked is None:
            self._say("There is no form yet: press the ✕ of the position first.", False)
        elif self.type != "settle-position":
            self._say(f"{self._would_close()} To keep what you received, choose Settle.", False)
        elif not (volume := self._number()):
            self._say(self._misread(), False)
        else:
            self._settle(replay(self._scenario(Settle(pair=PAIR, volume=volume))), volume)

    def _settle(self, story: Story, volume: Decimal) -> None:
        """Have the engine settle, and see whether that was the task."""
        goal = _told(Decimal(TASKS[self.task].volume), "what is to be settled", "given: the task")
        if story.error:
            self._say(f"Refused. {in_panel(sentences.refusal(story.error).partition(': ')[2])}", False)
        elif volume != goal:
            wanted, given = money(goal, "BTC"), money(volume, "BTC")
            self._say(f"That would settle {given}; here it is to be {wanted}. A part may be settled (R2).", False)
        else:
            moment = story.moments[-1]
            assert isinstance(moment.step, Settle)
            self.order = order(moment.step, moment.before)
            self._opened = story
            self._say(f"Done. {sentences.sentence(moment)}", True)

    def _would_close(self) -> str:
        """What an order of another type would do."""
        verb = "sells" if TASKS[self.task].side == "long" else "buys back"
        when = {"market": "now", "limit": "at your price or better"}.get(self.type, "once its trigger is met")
        return f"A {TYPES[self.type].lower()} order {verb} {when}: it closes the position, for a trading fee (R9)."

    def _number(self) -> Decimal | None:
        try:
            number = read_number(self.quantity, "BTC")
        except ValueError:
            return None
        if number <= 0 or not -8 <= int(number.as_tuple().exponent) <= 0:
            return None
        return _told(number, "quantity", "you typed it: Quantity, BTC")

    def _misread(self) -> str:
        """What is wrong with the quantity; a comma for a decimal point has its own sentence."""
        try:
            pointed(self.quantity.replace("BTC", ""))
        except ValueError as error:
            return str(error)
        return _NO_NUMBER

    def _say(self, text: str, right: bool | None) -> None:
        """Show how things stand, with a sentence; whether the last step was right, if it was one or the other."""
        was, self._done = self._done, bool(right)
        if not right:
            self.order = {}
        task, number = TASKS[self.task], self._number()
        settles = self.type == "settle-position"
        buys = (task.side == "long") == settles
        amount = money(number, "BTC") if number else "… BTC"
        self._shown: dict[str, Any] = {
            "task": task.text,
            "tasks": [each.name for each in TASKS],
            "balances": listed([money(amount, code) for code, amount in self._state.balances.items() if amount]),
            "positions": [
                {
                    "id": lot.id,
                    "cells": [lot.pair, lot.side, money(lot.volume, lot.base), price(lot.open_price, lot.quote)],
                }
                for lot in self._state.positions
            ],
            "picked": self.picked,
            "types": TYPES,
            "type": self.type,
            "quantity": self.quantity,
            "button": f"{'Settle: b' if settles and buys else 'Settle: s' if settles else 'B' if buys else 'S'}"
            f"{'uy' if buys else 'ell'} {amount}",
            "buys": buys,
            "steps": [
                [text, done]
                for text, done in zip(
                    STEPS, (self.picked is not None, settles, number == Decimal(task.volume), self.done), strict=True
                )
            ],
            "said": text,
            "right": right,
            "order": json.dumps(self.order, indent=1) if self.order else "",
        }
        self._tell("state", None, None)
        if was != self._done:
            self._tell("done", was, self._done)

    def receive(self, message: Message) -> list[Sent]:
        """Answer the browser: what is pressed changes the form's state, which it mirrors."""
        match message:
            case {"kind": "pick", "id": int(position)}:
                self.pick(position)
            case {"kind": "task", "task": int(number)}:
                self.task = number
            case {"kind": "choose", "type": str(kind)} if kind in TYPES:
                self.choose(kind)
            case {"kind": "fill", "quantity": str(quantity)}:
                self.fill(quantity[:40])
            case {"kind": "press"}:
                self.press()
            case {"kind": "again"}:
                self.start()
            case {"kind": "why", "key": str(key)}:
                state = (self.task, *self._so_far)
                return [(self._reasons.answer(message, key, state, self._done_again), [])]
        return []

    def _done_again(self) -> None:
        """Another form does all of it once more, from the start."""
        twin = SettleForm(self.task)
        for name, *what in self._so_far:
            getattr(twin, name)(*what)

    def still(self) -> tuple[str, str]:
        """The form's steps in words, for a reader without a kernel."""
        steps = "".join(f"<li>{escape(step)}</li>" for step in STEPS)
        task = escape(TASKS[self.task].text)
        return f"<p><strong>{task}</strong></p><ol>{steps}</ol><p><em>{_STILL}</em></p>", repr(self)

    def __repr__(self) -> str:
        """The task and how far one is, without an address."""
        return f"SettleForm({TASKS[self.task].name}{', done' if self.done else ''})"


def _told(volume: Decimal, name: str, source: str) -> Decimal:
    """A volume of BTC that knows where it comes from, while somebody asks."""
    return entered(volume, name, unit=money_unit("BTC"), source=source) if is_traced() else volume


_WORDS = ("task", "balances", "positions", "button", "said", "steps")
_NO_NUMBER = "Type how much to settle, in BTC, such as 0.25."
_STILL = "Run the cell to rehearse the steps."
