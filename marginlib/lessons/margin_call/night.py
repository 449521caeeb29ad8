"""Crash night: a class goes through a real crash in rounds; it predicts what the rules do, decides, and looks.

In each round prices are supposed to fall by so much, and everybody predicts what the rules make of it: the margin
level, what the exchange does, which position goes first, what pays. The engine answers. Then the class decides what to
do with the account, and the days go on as they really did. What counts are right predictions of the rules; what became
of the money is told, and counts for nothing.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from marginlib.analysis.limits import limit_move
from marginlib.analysis.paths import A_DAY, Path, onward, paths
from marginlib.engine.account import State
from marginlib.engine.amounts import rounded
from marginlib.engine.replaying import resume
from marginlib.engine.scenario import Close, Deposit, Open, Price, Prices, Rules, Scenario, Step, Stop, Trade
from marginlib.engine.story import Moment, Story
from marginlib.lessons.margin_call.panel import ThroughTheCrash, account
from marginlib.quiz.asking import answers
from marginlib.quiz.question import Question
from marginlib.quiz.together import STILL, Poll, Scene, Votes, bars
from marginlib.reading.replaying import replay
from marginlib.telling import sentences
from marginlib.telling.numbers import listed, money, number, percent, price
from marginlib.telling.on_page import escape

ROUNDS = 5
DEPOSITED, STOPPED = Decimal(2_000), Decimal("0.9")
"""What a deposit brings, in USD; where a stop is placed, as a share of the price."""
_BTC = "BTC/USD"
_MISTAKES = ["open_result_left_out", "level_of_free_margin", "open_result_times_leverage", "level_upside_down"]
_SUPPOSED = (Fraction(1, 2), Fraction(21, 20), Fraction(21, 20))
"""Of the way to the margin call, then beyond it, then beyond liquidation: what is supposed, one round after another."""
_FURTHEST = Fraction(95, 100)
CRASHES = tuple(
    title for title, path in paths().items() if not path.made_up and {"BTC/USD", "ETH/USD"} <= path.prices.keys()
)
KINDS = {
    "level": "The margin level",
    "does": "What the exchange does",
    "first": "Which position goes first",
    "pays": "What pays first",
}


@answers("exchange_does", of="nothing")
def _exchange_does(story: Story, _of: str) -> str:
    """What the exchange does at the margin level at a story's end (B5)."""
    level = story.margin.level if story.margin else None
    if level is None:
        raise ValueError("nothing is open at its end, so there is no margin level")
    book = story.final.rulebook
    return "liquidation" if level <= book.liquidation_level else "call" if level <= book.call_level else "nothing"


@answers("first_closed", of="nothing")
def _first_closed(story: Story, _of: str) -> str:
    """The pair of the position that a story's first closing ended (B5)."""
    if not story.realised:
        raise ValueError("nothing is closed in it")
    return story.realised[0].position.pair


@answers("first_taken", of="nothing")
def _first_taken(story: Story, _of: str) -> str:
    """What paid first for the first loss (R13)."""
    taken = [take.currency for each in story.realised[:1] for take in each.cascade if take.taken]
    if not taken:
        raise ValueError("nothing is taken in it")
    return taken[0]


def standing(state: State, factor: Fraction, *, liquidation: bool = False) -> Scenario:
    """An account as it stands, in which all prices then go to so many times what they are: in one step, without stops.

    With ``liquidation`` all positions are closed once the level is there (B5); without, it is only looked at.
    """
    steps: list[Step] = []
    for lot in state.positions:
        steps.append(Price(pair=lot.pair, price=lot.open_price))
        steps.append(Open(pair=lot.pair, side=lot.side, volume=lot.volume, leverage=lot.leverage))
    steps.append(Prices(prices=dict(state.prices)))
    steps.append(Prices(prices=_moved(state, factor)))
    book = state.rulebook
    rules = Rules(
        initial_margin_check=False, haircuts=dict(book.haircuts), liquidation="all" if liquidation else "off",
        call_level=book.call_level, liquidation_level=book.liquidation_level,
    )  # fmt: skip
    return Scenario(
        balances={code: amount for code, amount in state.balances.items() if amount},
        prices=dict(state.prices), valuation="USD", rules=rules, steps=tuple(steps),
    )  # fmt: skip


def _moved(state: State, factor: Fraction) -> dict[str, Decimal]:
    return {pair: rounded(Fraction(now) * factor, 2) for pair, now in state.prices.items()}


@dataclass
class Tally:
    """How often one kind of prediction was right, and which ideas were behind the wrong ones."""

    right: int = 0
    answers: int = 0
    ideas: Counter[str] = field(default_factory=Counter)


class CrashNight(Scene):
    """Rounds through one of the real crashes, for a class with a projector and paper.

    >>> night = CrashNight("March 2020")
    >>> night.take("Reds: 130 A A A")
    >>> night.press("answers"); night.press("rules"); night.press("hold")
    >>> night.round, night.stage
    (1, 'moved')
    """

    def __init__(self, crash: str = "", **values: object) -> None:
        """Begin in a crash, or with the choice of one; the account is that of ``ThroughTheCrash``, or has other values.

        Raises:
            ValueError: no such crash, no such control, or a value that it refuses; says what would work.
        """
        super().__init__()
        if crash and crash not in CRASHES:
            raise ValueError(f"crash: expected one of {', '.join(CRASHES)}, got {crash!r}")
        fixed = {"path", "day", "stop", "distance", "jumps", "side"} & values.keys()
        if fixed:
            raise ValueError(f"{', '.join(sorted(fixed))}: set by the night itself; the account's own may be given")
        ThroughTheCrash(**values)  # what it refuses is refused now
        self.given = values
        self.stage = "choose"
        self._fixed = crash
        if crash:
            self.begin(crash)

    def begin(self, crash: str) -> None:
        """Open the positions on the crash's first morning.

        Raises:
            ValueError: the account can't open them.
        """
        self.path: Path = paths()[crash]
        panel = ThroughTheCrash(**{**self.given, "path": crash})
        self.story = replay(account(panel.values))
        if self.story.error:
            raise ValueError(self.story.error.message)
        self.round, self.point, self.said = 1, 0, ""
        self.decided: list[str] = []
        self.tallies = {kind: Tally() for kind in KINDS}
        self.scores: dict[str, list[int]] = {}
        self.happened: list[str] = []
        self._ask()

    @property
    def ends(self) -> list[int]:
        """The points of the path at which the rounds end."""
        days = len(self.path.days)
        return [days * (at + 1) // ROUNDS * A_DAY - 1 for at in range(ROUNDS)]

    def _ask(self) -> None:
        """Make this round's questions."""
        self.stage, self.typed, self.said = "predict", "", ""
        self.factor = self._supposed()
        self.votes = {kind: Votes(asked) for kind, asked in self._questions()}

    def _supposed(self) -> Fraction:
        """What all prices are supposed to go to, as a share of now: whole percents, from this account alone."""
        book, pairs = self.story.final.rulebook, list(self.story.final.prices)
        turn = (self.round - 1) % len(_SUPPOSED)
        level = book.liquidation_level if turn == len(_SUPPOSED) - 1 else book.call_level
        found = limit_move(self.story.final, "USD", level, pairs)
        below = Fraction(1, 5) if found.below is None else 1 - found.below
        share = min(max(below, Fraction(1, 20)) * _SUPPOSED[turn], _FURTHEST)
        return 1 - Fraction(-(-share * 100 // 1), 100)

    def _questions(self) -> Iterator[tuple[str, Question]]:
        state, factor = self.story.final, self.factor
        scenario = standing(state, factor)
        moved = listed(
            [f"{pair.partition('/')[0]} to {price(at, 'USD')}" for pair, at in _moved(state, factor).items()]
        )
        both = "both prices" if len(state.prices) > 1 else "the price"
        yield "level", Question(
            kind="number", ask="level", unit="%", tolerance="1", mistakes=_MISTAKES, scenario=scenario,
            text=f"Suppose {both} fall by {percent(1 - factor)} from here, {moved}. What is the margin level then, "
            "before anything is closed? (To one percent.)",
            explain="Equity in percent of used margin; a long's used margin stays (B2, B3).",
        )  # fmt: skip
        told = "At {call_level} % or less it warns, at {liquidation_level} % or less it closes positions (B5)."
        yield "does", Question(
            kind="one", ask="exchange_does", scenario=scenario, text="What does the exchange do there?",
            options=[
                {"value": "nothing", "text": "nothing", "because": told},
                {"value": "call", "text": "it warns: a margin call", "because": told},
                {"value": "liquidation", "text": "it closes positions", "because": told},
            ],
            explain=told,
        )  # fmt: skip
        end = limit_move(state, "USD", state.rulebook.liquidation_level, list(state.prices)).below
        if end is None or not end:
            return
        closed = standing(state, end * Fraction(99, 100), liquidation=True)
        story = replay(closed)
        lots = list(dict.fromkeys(lot.pair for lot in state.positions))
        if len(lots) > 1 and story.realised:
            age = "Age alone decides, whatever the pair and the loss (B5)."
            options = [{"value": pair, "text": f"the one in {pair.partition('/')[0]}", "because": age} for pair in lots]
            yield "first", Question(
                kind="one", ask="first_closed", scenario=closed, explain=age,
                text="If prices fall so far that it closes positions: which one goes first?",
                options=[*options, {"value": "parts", "text": "a part of each", "because": f"Each goes whole. {age}"}],
            )  # fmt: skip
        if story.realised and any(take.taken for take in story.realised[0].cascade):
            order = "A loss is taken from your balances: the quote currency first, then the base (R13)."
            yield "pays", Question(
                kind="one", ask="first_taken", scenario=closed, text="And what pays first for that one's loss?",
                options=[
                    {"value": "USD", "text": "your own dollars", "because": order},
                    {"value": "BTC", "text": "your own bitcoin", "because": order},
                    {"value": "held", "text": "the coins that the position holds",
                     "because": "They are sold to repay what was extended (R9, R10); what is missing is the loss. "
                     f"{order}"},
                ],
                explain=order,
            )  # fmt: skip

    def polls(self) -> tuple[dict[str, Poll], list[str]]:
        """What the room predicts, by question, and what is wrong with lines: a line has an answer to each question."""
        lines: dict[str, list[str]] = {kind: [] for kind in self.votes}
        notes = []
        for at, line in enumerate(self.typed.splitlines(), 1):
            who, colon, rest = line.rpartition(":")
            parts = [part for part in rest.replace("%", " ").split() if part]
            if parts and len(parts) != len(self.votes):
                notes.append(
                    f"Line {at}: expected an answer to each of the {len(self.votes)} questions, in their order, or a -."
                )
            for kind, part in zip(self.votes, [*parts, *[""] * len(self.votes)], strict=False):
                lines[kind].append(f"{who}{colon}{part}" if part not in ("", "-") else "")
        polls = {kind: votes.count("\n".join(lines[kind])) for kind, votes in self.votes.items()}
        told = [note for poll in polls.values() for note in poll.notes]
        return polls, list(dict.fromkeys([*notes, *told]))

    def press(self, button: str) -> None:
        """Do what a button says: choose a crash, show the answers, ask the engine, decide, go on."""
        if self.stage == "choose" and button in CRASHES:
            self.begin(button)
        elif button == "over":
            self.typed, self.stage = "", "choose"
            if self._fixed:
                self.begin(self._fixed)
        elif (self.stage, button) == ("predict", "answers"):
            self.stage = "answers"
        elif (self.stage, button) == ("answers", "rules"):
            self._score()
            self.stage = "rules"
        elif self.stage == "rules" and button in dict(self.decisions()):
            self._decide(button)
        elif (self.stage, button) == ("moved", "next"):
            self.round += 1
            self._ask()
        elif (self.stage, button) == ("moved", "end"):
            self.stage = "end"
        self.changed()

    def _score(self) -> None:
        polls, _ = self.polls()
        for kind, poll in polls.items():
            tally = self.tallies[kind]
            tally.right, tally.answers = tally.right + poll.right, tally.answers + poll.answers
            for group in poll.groups:
                if not group.right and group.count and group.because:
                    tally.ideas[group.because] += group.count
            for who, right in poll.by_name.items():
                score = self.scores.setdefault(who, [0, 0])
                score[0], score[1] = score[0] + right, score[1] + 1

    def decisions(self) -> list[tuple[str, str]]:
        """What the class may do with the account now: a name and words each."""
        state = self.story.final
        found = [("hold", "Change nothing")]
        if {lot.pair for lot in state.positions} - {stop.pair for stop in state.stops}:
            found.append(("stops", f"Place stops {percent(1 - STOPPED)} below"))
        found.append(("deposit", f"Deposit {money(DEPOSITED, 'USD')}"))
        if state.balance("BTC"):
            found.append(("sell", "Sell your own bitcoin"))
        base = state.positions[0].base
        found.append(("close", f"Close the oldest position ({base})"))
        return found

    def _steps(self, decision: str) -> list[Step]:
        state = self.story.final
        oldest = state.positions[0]
        waiting = {stop.pair for stop in state.stops}
        stops: list[Step] = [
            Stop(pair=pair, side="sell", trigger=rounded(state.prices[pair] * STOPPED, 2))
            for pair in dict.fromkeys(lot.pair for lot in state.positions)
            if pair not in waiting
        ]
        steps: dict[str, list[Step]] = {
            "hold": [],
            "stops": stops,
            "deposit": [Deposit(currency="USD", amount=DEPOSITED)],
            "close": [Close(pair=oldest.pair, volume=oldest.volume)],
        }
        if decision == "sell":
            return [Trade(pair=_BTC, side="sell", volume=state.balance("BTC"))]
        return steps[decision]

    def _decide(self, decision: str) -> None:
        """Carry a decision out and let the days go by; a refused one leaves everything as it is."""
        steps = self._steps(decision)
        story = resume(self.story, steps) if steps else self.story
        if story.error:
            self.said = f"Refused: {story.error.message} Choose again."
            return
        done = [sentences.sentence(moment) for moment in story.moments[len(self.story.moments) :]]
        words = dict(self.decisions())[decision]
        self.decided.append(f"Round {self.round}: {words[0].lower()}{words[1:]}")
        first = len(self.story.moments)
        closed = [line for moment in story.moments[first:] for line in _closing(moment)]
        start, begun = dict(self.story.final.prices), len(story.moments)
        lowest: tuple[Fraction, int] | None = None
        when: dict[int, int] = {}
        for point in range(self.point + 1, self.ends[self.round - 1] + 1):
            before = len(story.moments)
            story = onward(story, self.path, point)
            for index in range(before, len(story.moments)):
                when[index] = point
                tied = story.margin_of(story.moments[index].after)
                level = tied.level if tied else None
                if level is not None and (lowest is None or level < lowest[0]):
                    lowest = level, point
        self.story, self.point = story, self.ends[self.round - 1]
        self.happened = [f"You decided: {words[0].lower()}{words[1:]}. {' '.join([*done, *closed])}".strip()]
        self.happened.append(self._went(start))
        if lowest is not None and not any(
            each.by == "liquidation" for m in story.moments[begun:] for each in m.realised
        ):
            self.happened.append(self._lowest(*lowest))
        for moment in story.moments[begun:]:
            self.happened += [
                f"On the way to {self.path.when(when[moment.index])}: {line}" for line in _closing(moment)
            ]
        self.said, self.stage = "", "moved"

    def _went(self, start: dict[str, Decimal]) -> str:
        told = []
        for pair, now in self.story.final.prices.items():
            share = Fraction(now) / Fraction(start[pair]) - 1
            sign = "+" if share > 0 else ""
            told.append(f"{pair.partition('/')[0]} {sign}{percent(share, 1)}, to {price(now, 'USD')}")
        return f"Until {self.path.when(self.point)}: {'; '.join(told)}."

    def _lowest(self, level: Fraction, point: int) -> str:
        book = self.story.final.rulebook
        call = " That is a margin call (B5)." if level <= book.call_level else " No margin call has come (B5)."
        return f"The lowest margin level with positions open: {percent(level / 100, 1)}, {self.path.when(point)}.{call}"

    def rows(self) -> list[list[str]]:
        """The account as it stands, for the wall."""
        state = self.story.final
        rows = [["", "now", "since the start"]]
        for pair, now in state.prices.items():
            share = Fraction(now) / Fraction(self.path.prices[pair][0]) - 1
            shown = f"{'+' if share > 0 else ''}{percent(share, 1)}" if share else "–"
            rows.append([pair.partition("/")[0], price(now, "USD"), shown])
        rows += [[f"Your own {code}", money(state.balance(code), code), ""] for code in ("USD", "BTC")]
        for at, lot in enumerate(state.positions, 1):
            what = "oldest position" if at == 1 else "next position"
            rows.append([f"{what.capitalize()}: long {lot.base}", money(lot.volume, lot.base),
                         f"opened at {price(lot.open_price, 'USD')}, {number(lot.leverage, 2)}×"])  # fmt: skip
        rows += [
            [f"Sell stop in {stop.pair.partition('/')[0]}", price(stop.trigger, "USD"), "waiting"]
            for stop in state.stops
        ]
        if state.positions and (tied := self.story.margin_of(state)):
            rows.append(["Used margin", money(tied.used_margin, "USD"), ""])
        for code, amount in state.unpaid.items():
            rows.append(["Unpaid (A5)", money(amount, code), ""])
        return rows

    def scene(self) -> dict[str, Any]:
        """What stands on the wall now."""
        shown: dict[str, Any] = {"sections": [], "rows": [], "box": None, "notes": [], "scores": [], "paragraphs": []}
        if self.stage == "choose":
            shown["paragraphs"] = [
                "You have two positions on margin, bought on the first morning of a crash that really happened. In "
                "each round you predict what the rules do, then decide what to do, then days go by.",
                "What counts are right predictions of the rules. What becomes of the money counts for nothing: nobody "
                "in this room can predict a price.",
                "Which crash?",
            ]
            return {**shown, "heading": "Crash night", "buttons": _buttons([(title, title) for title in CRASHES])}
        heading = f"Crash night, {self.path.title}, round {self.round}"
        stages = {"predict": self._asking, "answers": self._asking, "rules": self._asking}
        part = stages.get(self.stage, self._moved_on if self.stage == "moved" else self._debrief)()
        return {**shown, "heading": heading, **part}

    def _asking(self) -> dict[str, Any]:
        polls, notes = self.polls()
        opened, asking = self.stage == "rules", self.stage == "predict"
        sections = []
        for at, (kind, votes) in enumerate(self.votes.items(), 1):
            poll = polls[kind]
            said = f"{poll.right} of {poll.answers} right. " if opened and poll.answers else ""
            why = "" if poll.right else f" {votes.question.explain}"  # else it stands below the right bar
            right = f"It is: {votes.question.shown_answer()}.{why}" if opened else ""
            lead = f"{at}. {KINDS[kind]}"
            sections.append({
                **votes.asked(), "lead": lead, "said": f"{said}{right}",
                "bars": [] if asking else bars(poll, None, opened=opened),
            })  # fmt: skip
        paragraphs = [f"It is {self.path.when(self.point)}." + (" This is your account." if asking else "")]
        if opened:
            paragraphs.append(
                "Now decide, with a show of hands and the buttons below: what do you do, before you know the next days?"
            )
            paragraphs += [self.said] if self.said else []
        many = max((poll.answers for poll in polls.values()), default=0)
        letters = " ".join(["90", *["A"] * (len(self.votes) - 1)])
        box = {
            "label": f"What the room predicts, one team or student a line, such as 'Reds: {letters}'",
            "hint": f"In the order of the questions; a - where there is no answer. {many} so far.",
        }
        steps = {"predict": [("answers", "Show the answers")], "answers": [("rules", "What the rules say")]}
        return {
            "paragraphs": paragraphs, "rows": self.rows() if asking or opened else [], "sections": sections,
            "box": None if opened else box, "notes": [] if opened else notes, "scores": self._scored(),
            "buttons": _buttons(steps.get(self.stage) or self.decisions(), all_alike=opened),
        }  # fmt: skip

    def _moved_on(self) -> dict[str, Any]:
        last = self.round == ROUNDS or not self.story.final.positions
        told = [*self.happened]
        if not self.story.final.positions:
            told.append("No position is open any more: the night ends here.")
        step = ("end", "The debrief") if last else ("next", f"Round {self.round + 1}")
        return {"paragraphs": told, "rows": self.rows(), "buttons": _buttons([step]), "scores": self._scored()}

    def _debrief(self) -> dict[str, Any]:
        rows = [["What was predicted", "right", "behind those that failed"]]
        for kind, tally in self.tallies.items():
            if tally.answers:
                idea = next((idea for idea, _ in tally.ideas.most_common(1)), "–")
                rows.append([KINDS[kind], f"{tally.right} of {tally.answers}", idea if tally.ideas else "–"])
        told = [
            "Which predictions failed, and which rule was behind them? Look each up, and say it in your own words.",
            f"What you decided: {'; '.join(self.decided)}.",
        ]
        told.append("Prices could have gone otherwise: that a decision turned out well doesn't make it right.")
        if len(rows) == 1:
            rows = []
            told.insert(0, "Nobody predicted anything tonight.")
        return {"heading": f"Crash night, {self.path.title}: debrief", "paragraphs": told, "rows": rows,
                "scores": self._scored(), "buttons": _buttons([("over", "Start over")], all_alike=True)}  # fmt: skip

    def _scored(self) -> list[dict[str, Any]]:
        return [
            {"who": who, "right": right, "of": of}
            for who, (right, of) in sorted(self.scores.items(), key=lambda each: (-each[1][0], each[0]))
        ]

    def still(self) -> tuple[str, str]:
        """What it is, for a reader without a kernel."""
        which = self._fixed or listed([*CRASHES])
        text = "Rounds through a real crash: predict what the rules do, decide, look."
        return (
            f"<p><strong>Crash night</strong>: {escape(which)}</p><p>{escape(text)}</p><p><em>{STILL}</em></p>",
            repr(self),
        )

    def __repr__(self) -> str:
        return f"CrashNight({self._fixed or 'to be chosen'})"


def _closing(moment: Moment) -> list[str]:
    """What a moment closed, in the engine's sentences."""
    told = []
    for index, each in enumerate(moment.realised):
        told.append(" ".join([*sentences.cause(moment, index), sentences.realised(each), *sentences.cascade(each)]))
    return told


def _buttons(steps: Sequence[tuple[str, str]], *, all_alike: bool = False) -> list[dict[str, Any]]:
    return [{"do": do, "text": text, "main": len(steps) == 1 and not all_alike} for do, text in steps]
