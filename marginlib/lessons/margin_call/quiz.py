"""Margin calls and liquidation: what lesson 07 asks, wrong models that people hold, the way to a price, and drills."""

from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from random import Random

from marginlib.analysis.limits import limit_price
from marginlib.engine.account import Position, Realised, State
from marginlib.engine.amounts import EXACT, ZERO, plain, rounded
from marginlib.engine.margin import Margin, margin
from marginlib.engine.scenario import Close, Scenario, Stop
from marginlib.engine.story import Moment, Story
from marginlib.quiz.asking import Ask, Case, answers, changed, hints, shows
from marginlib.quiz.drills import QuestionData, ScenarioData, StepData, drill, pick
from marginlib.quiz.mistakes import mistake
from marginlib.reading.replaying import replay
from marginlib.reading.rulebooks import rulebook
from marginlib.telling.numbers import listed, money, percent
from marginlib.telling.numbers import number as written

_SUMMED = ("equity", "free_margin", "level")
_PRICES = ("call_price", "liquidation_price")


def _level(state: State, ask: str) -> Decimal:
    """The margin level that a price is asked for, in percent."""
    return state.rulebook.call_level if ask == "call_price" else state.rulebook.liquidation_level


def _price(story: Story, ask: str) -> Decimal:
    """The price of the oldest position's pair at which its level is reached, in QUOTE, to the cent."""
    state = story.final
    if not state.positions:
        raise ValueError("no position is open, so no price is looked for")
    currency, lot = story.scenario.summary_currency or "", state.positions[0]
    found = limit_price(state, currency, _level(state, ask), lot.pair).nearest
    if found is None:
        raise ValueError("there is no such price")
    return rounded(found, 2)


@answers("call_price", of="nothing")
def _call_price(story: Story, _of: str) -> Decimal:
    """Where a margin call comes (B5)."""
    return _price(story, "call_price")


@answers("liquidation_price", of="nothing")
def _liquidation_price(story: Story, _of: str) -> Decimal:
    """Where liquidation comes (B5)."""
    return _price(story, "liquidation_price")


Wrong = Callable[[State, Margin, Position], tuple[Fraction, Fraction]]
"""Equity and used margin as somebody sees them, in the summary currency."""


def _there(case: Case, ask: Ask) -> tuple[Fraction, Fraction] | None:
    """Equity now, and equity at the price that is asked for."""
    if str(ask) not in _PRICES or case.number(ask) is None:
        return None
    story = case.story
    currency, state = story.scenario.summary_currency or "", story.final
    moved = state.copy()
    found = limit_price(state, currency, _level(state, ask.name), state.positions[0].pair).nearest
    assert found is not None
    moved.prices[state.positions[0].pair] = rounded(found, 20)
    return margin(state, currency).equity, margin(moved, currency).equity


@mistake("That is an amount, the equity that you have there. Asked for is the price of the coin that leads to it (B5).")
def equity_for_a_price(case: Case, ask: Ask) -> Decimal | None:
    """The equity at the level, instead of the price."""
    found = _there(case, ask)
    return rounded(found[1], 2) if found else None


@mistake("That is an amount, what may be lost until then. Divide by the volume: so far may the price move (B5).")
def room_for_a_price(case: Case, ask: Ask) -> Decimal | None:
    """What may be lost until the level is there, instead of the price."""
    found = _there(case, ask)
    return rounded(found[0] - found[1], 2) if found else None


@mistake("You took what may be lost off the price. Divide it by the volume first: a loss is volume × move (R11).")
def room_off_the_price(case: Case, ask: Ask) -> Decimal | None:
    """What may be lost until the level is there is what the price may move, whatever the volume."""
    found = _there(case, ask)
    if not found:
        return None
    state = case.story.final
    lot, room = state.positions[0], found[0] - found[1]
    now = Fraction(state.prices[lot.pair])
    return rounded(now - room if lot.side == "long" else now + room, 2)


def _closed(case: Case, ask: Ask) -> tuple[list[Realised], Decimal] | None:
    """What the exchange closed, all in the currency whose balance is asked for, and that balance."""
    story = case.story
    ends = [each for each in story.realised if each.by == "liquidation"]
    if ask.name != "balance" or not ends or any(each.position.quote != ask.of for each in ends):
        return None
    return ends, story.final.balance(ask.of)


@mistake("That is the loss alone. Asked for is the balance: what you had, less the loss (R11, R13).")
def loss_for_a_balance(case: Case, ask: Ask) -> Decimal | None:
    """The result, instead of the balance after it."""
    found = _closed(case, ask)
    return sum((each.pnl for each in found[0]), ZERO) if found else None


@mistake("That is the loss alone. Asked for is the balance: what you had, less the loss (R11, R13).")
def loss_without_its_sign(case: Case, ask: Ask) -> Decimal | None:
    """The same, as people say it: without a minus."""
    found = loss_for_a_balance(case, ask)
    return None if found is None else -found


@mistake("You added the loss. It is taken from your balance (R11, R13).")
def loss_added(case: Case, ask: Ask) -> Decimal | None:
    """The balance grows by what was lost."""
    found = _closed(case, ask)
    return found[1] - 2 * sum((each.pnl for each in found[0]), ZERO) if found else None


@mistake("That is used margin: what the position that stays open ties up. Your balance is all your money (B2, R11).")
def tied_up_for_a_balance(case: Case, ask: Ask) -> Decimal | None:
    """Left is what the open position ties up."""
    return case.number(Ask("used_margin")) if _closed(case, ask) and case.story.final.positions else None


@mistake("You measured from the stop's trigger. Profit or loss is measured from the opening price (R11).")
def result_from_the_trigger(case: Case, ask: Ask) -> Decimal | None:
    """The stop's own loss: from its trigger to where it closes."""
    stops = [step for step in case.scenario.steps if isinstance(step, Stop)]
    ends = [each for each in case.story.realised if each.by == "stop"]
    if ask != Ask("pnl") or len(stops) != 1 or len(ends) != 1:
        return None
    moved = ends[0].volume * (ends[0].price - stops[0].trigger)
    return moved if ends[0].position.side == "long" else -moved


@shows(*_PRICES)
def _way(story: Story, ask: Ask) -> list[str]:
    """How a price is found: the level, both sides of it at a price P, the price, and the proof (B1 to B5)."""
    state, lot = story.final, story.final.positions[0]
    currency, volume = story.scenario.summary_currency or "", written(lot.volume, 8)
    level, opened = _level(state, ask.name), written(lot.open_price, 2)
    share, times = percent(level / 100), written(lot.leverage, 8)
    what = "A margin call" if ask.name == "call_price" else "Liquidation"
    funds = [money(state.balance(currency), currency)] if state.balance(currency) else []
    if state.balance(lot.base):
        cut = state.rulebook.haircuts.get(lot.base, ZERO)
        funds.append(f"{written(state.balance(lot.base), 8)} × {f'(1 − {percent(cut)}) × ' if cut else ''}P")
    moved = f"{volume} × (P − {opened})" if lot.side == "long" else f"{volume} × ({opened} − P)"
    used = f"{volume} × {opened} ÷ {times}" if lot.side == "long" else f"{volume} × P ÷ {times}"
    stays = "it stays" if lot.side == "long" else "a short's moves with the price"
    found = _price(story, ask.name)
    with localcontext(EXACT):
        tied = _margin_at(state, lot, currency, found)
        one, two = (_margin_at(state, lot, currency, lot.open_price * at) for at in (1, 2))
    least = Fraction(level) / 100
    over, further = (each.equity - least * each.used_margin for each in (one, two))
    factor = (further - over) / Fraction(lot.open_price)  # a straight line: what P is multiplied by
    rest = over - factor * Fraction(lot.open_price)
    sides = (-rest, factor) if factor > 0 else (rest, -factor)
    solved = f"{written(sides[0], 8)} = {'' if sides[1] == 1 else f'{written(sides[1], 8)} × '}P"
    return [
        f"{what} comes where equity is {share} of used margin (B5).",
        f"At a price P, equity is {' + '.join([*funds, moved])} (B1). Used margin is {used}: {stays} (B2).",
        f"So {' + '.join([*funds, moved])} = {share} × {used}.",
        f"All that has P on one side: {solved}. So P = {money(found, currency)}.",
        f"The proof: there, equity is {money(tied.equity, currency)} and used margin "
        f"{money(tied.used_margin, currency)}: {percent((tied.level or Fraction(0)) / 100)} (B3).",
    ]


def _margin_at(state: State, lot: Position, currency: str, price: Decimal) -> Margin:
    """The summary with the price of a position's pair somewhere else."""
    moved = state.copy()
    moved.prices[lot.pair] = price
    return margin(moved, currency)


@shows("balance")
def _levels(story: Story, _ask: Ask) -> list[str]:
    """Why a liquidation came, and why it went on or stopped after each position; nothing without one (B3, B5)."""
    for moment in story.moments:
        if any(each.by == "liquidation" for each in moment.realised):
            moved, book = moment.before.copy(), moment.before.rulebook
            moved.prices |= moment.after.prices
            low, back = (percent(level / 100) for level in (book.liquidation_level, book.opening_level))
            told = [f"Why all this: when the prices had moved, {_summed(story, moved)}: {low} or less (B3, B5)."]
            if book.liquidation != "until-100":
                return [*told, "Here the exchange then closes all positions (B5)."]
            for done, each in enumerate(moment.realised[:-1], 1):
                between = _after(story, moment, done)
                told.append(
                    f"With position {each.position.id} closed, {_summed(story, between)}: less than {back}, so the "
                    "exchange goes on (B5)."
                )
            last = moment.realised[-1].position.id
            told.append(
                f"With position {last} closed, {_summed(story, moment.after)}: {back} or more, so it stops (B5)."
                if moment.after.positions
                else f"With position {last} closed, no position is left open."
            )
            return told
    return []


def _after(story: Story, moment: Moment, done: int) -> State:
    """What there is when a liquidation has closed so many positions, and not yet the next: the engine closes them."""
    closes = [Close(pair=each.position.pair, volume=each.volume) for each in moment.realised[:done]]
    steps = [*story.scenario.steps[: moment.index + 1], *closes]
    return replay(changed(story.scenario, steps, rules={"liquidation": "off"})).final


def _summed(story: Story, state: State) -> str:
    tied = story.margin_of(state)
    if tied is None or tied.level is None:
        return "a level that can't be priced"
    equity, used = money(tied.equity, tied.currency), money(tied.used_margin, tied.currency)
    return f"equity {equity} ÷ used margin {used} is {percent(tied.level / 100)}"


@hints(*_PRICES)
def _first_of_a_price(story: Story, ask: Ask) -> str:
    share = percent(_level(story.final, ask.name) / 100)
    return f"At the price asked for, equity is {share} of used margin. Write both with that price as P (B5)."


@hints("balance")
def _first_of_a_balance(story: Story, _ask: Ask) -> str:
    """Which position is the oldest, where the exchange has closed."""
    if any(each.by == "liquidation" for each in story.realised):
        return (
            "Which position is the oldest, and how far has its price fallen or risen? The oldest goes first (B5, R8)."
        )
    return ""


_PAGE_PRICES = (10_000, 20_000, 30_000, 40_000, 50_000)


@drill("07")
def margin_calls(random: Random, level: int) -> QuestionData:
    """A level with collateral that moves; a margin call; liquidation with a haircut; what a liquidation leaves."""
    alone = level == 4 and random.random() < 0.4  # else such questions are rare: the first position suffices
    while True:
        made = [_moved_level, _call, _liquidation, _left][level - 1](random)
        case = Case(Scenario.of(made["scenario"]))
        *early, last = case.story.moments or [None]
        if level == 4 and not (last and last.realised and not any(moment and moment.realised for moment in early)):
            continue  # liquidation must come when all prices have moved, as the text has it
        if alone and last and len(last.realised) > 1:
            continue
        try:
            case.answer(Ask.parse(made["ask"]))
        except ValueError:  # no such price, or an opening that is refused
            continue
        return made


def _question(text: str, ask: str, unit: str, scenario: ScenarioData, mistakes: list[str]) -> QuestionData:
    return {
        "kind": "number",
        "text": text,
        "ask": ask,
        "unit": unit,
        "tolerance": "0.1" if unit == "%" else "0.5" if str(ask) in _PRICES else "0.01",
        "scenario": {"valuation": "USD", **scenario},
        "mistakes": mistakes,
    }


def _opens(random: Random, side: str) -> tuple[str, int, StepData]:
    """Volume in BTC, leverage, and the step that opens it."""
    volume, leverage = pick(random, "0.5", "1", "2"), random.choice([2, 4, 5, 8, 10])
    return volume, leverage, {"do": "open", "pair": "BTC/USD", "side": side, "volume": volume, "leverage": leverage}


def _moved_level(random: Random) -> QuestionData:
    price, side = random.choice(_PAGE_PRICES), pick(random, "long", "short")
    volume, leverage, opening = _opens(random, side)
    dollars, coins = random.randrange(1000, 20001, 500), pick(random, "0.1", "0.2", "0.25", "0.5")
    now = price + price * random.choice([-20, -10, 10, 20]) // 100
    trade = "buy" if side == "long" else "sell"
    asked, unit, question = random.choice(
        [
            ("level", "%", "What is your margin level, in percent?"),
            ("level", "%", "What is your margin level, in percent?"),
            ("free_margin", "USD", "How much of your margin is free, in USD?"),
        ]
    )
    return _question(
        f"You have {dollars:,} USD and {coins} BTC, and {trade} {volume} BTC on margin at {price:,} USD with "
        f"{leverage}× leverage. BTC {'rises' if now > price else 'falls'} to {now:,} USD. {question}",
        asked,
        unit,
        {
            "balances": {"USD": str(dollars), "BTC": coins},
            "prices": {"BTC/USD": str(price)},
            "steps": [opening, {"do": "price", "pair": "BTC/USD", "price": str(now)}],
        },
        ["coins_kept_their_worth", "coins_left_out", "open_result_left_out", "level_of_free_margin",
         "margin_of_the_other_side", "other_side", "used_margin_left_out"],
    )  # fmt: skip


def _call(random: Random) -> QuestionData:
    price, side = random.choice(_PAGE_PRICES), pick(random, "long", "short")
    volume, leverage, opening = _opens(random, side)
    dollars = random.randrange(1000, 40001, 200)
    if side == "short":  # so much that the call comes at a round price
        call = price + price * random.randrange(5, 60, 5) // 100
        dollars = int(Decimal(volume) * (call + call * rulebook().call_level / (100 * leverage) - price))
    trade = "buy" if side == "long" else "sell"
    return _question(
        f"You have {dollars:,} USD, and {trade} {volume} BTC on margin at {price:,} USD with {leverage}× leverage. "
        "At which price of BTC, in USD, does the margin call come ({call_level} %)? Whole dollars will do.",
        "call_price",
        "USD",
        {"balances": {"USD": str(dollars)}, "prices": {"BTC/USD": str(price)}, "steps": [opening]},
        ["called_at_liquidation", "equity_all_gone", "free_margin_all_gone", "margin_of_the_other_side",
         "leverage_multiplies", "limit_of_free_margin", "equity_for_a_price", "room_for_a_price"],
    )  # fmt: skip


def _liquidation(random: Random) -> QuestionData:
    price = random.choice(_PAGE_PRICES)
    volume, leverage, opening = _opens(random, "long")
    coins, haircut = pick(random, "0.2", "0.25", "0.5", "1"), random.choice([5, 10, 20, 25])
    end = price - price * random.randrange(10, 60, 5) // 100  # a round price, and so many dollars that it is the one
    counts = Decimal(coins) * end * (100 - haircut) / 100
    dollars = Decimal(volume) * (price * rulebook().liquidation_level / (100 * leverage) + price - end) - counts
    return _question(
        f"You have {money(max(dollars, ZERO), 'USD')} and {coins} BTC (haircut {haircut} %), and buy {volume} BTC on "
        f"margin at {price:,} USD with {leverage}× leverage. At which price of BTC, in USD, does liquidation "
        "come ({liquidation_level} %)? Whole dollars will do.",
        "liquidation_price",
        "USD",
        {
            "balances": {"USD": plain(max(dollars, ZERO)), "BTC": coins},
            "prices": {"BTC/USD": str(price)},
            "rules": {"haircuts": {"BTC": plain(Decimal(haircut) / 100)}},
            "steps": [opening],
        },
        [
            "haircut_left_out",
            "coins_kept_their_worth",
            "coins_left_out",
            "liquidated_at_the_call",
            "equity_all_gone",
            "free_margin_all_gone",
        ],
    )


def _left(random: Random) -> QuestionData:
    how = pick(random, "all", "until-100")
    leverage = random.choice([4, 5, 10])
    lots = [("BTC", 20000, pick(random, "0.5", "1", "2")), ("ETH", 1000, pick(random, "5", "10", "20"))]
    random.shuffle(lots)
    falls = {"BTC": random.choice([2000, 3000, 4000, 5000, 6000]), "ETH": random.choice([100, 150, 200, 250, 300])}
    cost = sum((Decimal(volume) * price for _, price, volume in lots), ZERO)
    loss = sum((Decimal(volume) * falls[code] for code, _, volume in lots), ZERO)
    used = cost / leverage
    most = int(loss + used * rulebook().liquidation_level / 100)
    dollars = most - random.randrange(0, max(1, min(most - int(loss), most - int(used))) + 1, 50)
    opens: list[StepData] = [
        {"do": "open", "pair": f"{code}/USD", "side": "long", "volume": volume, "leverage": leverage}
        for code, _, volume in lots
    ]
    after = {code: price - falls[code] for code, price, _ in lots}
    moves: list[StepData] = [{"do": "price", "pair": f"{code}/USD", "price": str(now)} for code, now in after.items()]
    first, second = (f"{volume} {code} at {price:,} USD" for code, price, volume in lots)
    ends = "closes all positions" if how == "all" else "closes positions until the level is back at {opening_level} %"
    fallen = listed([f"{code} to {now:,} USD" for code, now in after.items()])
    return _question(
        f"You have {dollars:,} USD. With {leverage}× leverage you buy {first} on margin, then {second}. Then the "
        f"prices fall, {fallen}: the margin level is {{liquidation_level}} % or less, and the exchange {ends}. "
        "How many USD do you have then?",
        "balance:USD",
        "USD",
        {
            "balances": {"USD": str(dollars)},
            "prices": {f"{code}/USD": str(price) for code, price, _ in lots},
            "rules": {"liquidation": how},
            "steps": [*opens, *moves],
        },
        ["newest_alone", "all_were_closed", "used_margin_lost", "result_left_out",
         "oldest_alone", "loss_for_a_balance", "loss_without_its_sign", "loss_added", "tied_up_for_a_balance"],
    )  # fmt: skip
