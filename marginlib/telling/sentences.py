"""A story in sentences: what happened, and why, with the rules in brackets.

Nothing is computed here but what a sentence adds up: every amount comes from the story. The terminal and the
panels show the same sentences.
"""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal, localcontext

from marginlib.analysis.limits import Limit, Limits, limit_price, limit_together
from marginlib.analysis.warnings import contradictions, steep
from marginlib.engine.account import Part, Position, Realised, Reason, State, StopOrder, Take
from marginlib.engine.amounts import EXACT, ZERO
from marginlib.engine.errors import Refusal, given
from marginlib.engine.margin import Margin
from marginlib.engine.rulebook import Rulebook
from marginlib.engine.scenario import Close, Deposit, Open, Price, Prices, Settle, Step, Stop, Trade, Wait, Withdraw
from marginlib.engine.story import Moment, Refused, Story
from marginlib.telling.numbers import listed, money, near, number, percent, price, regrouped
from marginlib.telling.preference import because

_CHARGES = {"trading_fee": "trading fee", "opening_fee": "opening fee", "rollover_fee": "rollover fee"}
_CONVERSION = ("R16", "A1")


def tell(story: Story) -> list[str]:
    """The whole story, one sentence after the other; the refusal, if there is one, comes last.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> tell(replay(Scenario.of({"steps": [{"do": "deposit", "currency": "EUR", "amount": "100"}]})))
    ['You deposit 100.00 EUR.']
    """
    given("story", story, Story, "a story, such as replay(scenario) gives")
    told = [text for moment in story.moments for text in (sentence(moment), *details(moment))]
    if story.error:
        told += [attempt(story.error.step), refusal(story.error)]
    return told


def sentence(moment: Moment) -> str:
    """What one step did, without what followed from it (see :func:`details`).

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> story = replay(Scenario.of({"balances": {"BTC": "1"}, "prices": {"BTC/EUR": "50000"}, "steps": [
    ...     {"do": "open", "pair": "BTC/EUR", "side": "short", "volume": "0.1", "leverage": 5}]}))
    >>> print(sentence(story.moments[0]))  # doctest: +NORMALIZE_WHITESPACE
    You open a short of 0.1 BTC at 50,000.00 EUR with 5× leverage: the exchange extends 0.1 BTC,
    which sells for 5,000.00 EUR, restricted (R1).
    """
    step = moment.step
    match step:
        case Open():
            return _opened(moment.after.positions[-1])
        case Price():
            return _moved(step, moment.before.prices.get(step.pair))
        case Prices():
            moved = (
                _moved(Price(pair=pair, price=at), moment.before.prices.get(pair)) for pair, at in step.prices.items()
            )
            return f"At one moment: {'; '.join(each.removesuffix('.') for each in moved)}."
        case Settle():
            return _settled(step, moment)
        case Close():
            return _closed(step, moment)
        case Deposit():
            return f"You deposit {money(step.amount, step.currency)}."
        case Withdraw():
            return f"You withdraw {money(step.amount, step.currency)}."
        case Trade():
            return _traded(step, moment)
        case Wait():
            return f"{number(step.hours, 20)} {'hour passes' if step.hours == 1 else 'hours pass'}."
        case Stop():
            return _stop(StopOrder(step.pair, step.side, step.trigger))


def details(moment: Moment) -> list[str]:
    """What followed from a step: stops and liquidations, each lot's result, what paid for a loss, fees.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> story = replay(Scenario.of({
    ...     "balances": {"EUR": "100"}, "prices": {"BTC/EUR": "50000"}, "fees": {"opening": "0.0002"},
    ...     "steps": [{"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.002"}]}))
    >>> details(story.moments[0])
    ['The opening fee takes 0.02 EUR (B6, A4).']
    """
    told: list[str] = []
    for index, result in enumerate(moment.realised):
        told += cause(moment, index)
        if not is_told(moment):
            told.append(realised(result))
        told += cascade(result)
    return [*told, *charges(moment), *ended_stops(moment)]


def is_told(moment: Moment) -> bool:
    """Whether :func:`sentence` has already told what the step realised: a closing order that ended one lot."""
    return isinstance(moment.step, Close) and len(moment.realised) == 1


def cause(moment: Moment, index: int) -> list[str]:
    """Why the step realised this, where a stop or a liquidation begins; empty in between (R22, B5)."""
    by = moment.realised[index].by
    if by == "order" or (
        index and moment.realised[index - 1].by == by and (by != "stop" or not _other_pair(moment, index))
    ):
        return []
    if by == "stop":
        pair = moment.realised[index].position.pair
        if isinstance(moment.step, Stop):
            now = price(moment.before.prices[pair], pair.partition("/")[2])
            return [f"The price, {now}, is there already: the stop closes the whole position at once (R22)."]
        now_at = moment.after.prices[pair]
        crossed = next(stop for stop in moment.before.stops if stop.pair == pair and stop.crossed(now_at))
        trigger = price(crossed.trigger, pair.partition("/")[2])
        return [f"That sets off your {crossed.side} stop at {trigger}: it closes the whole position (R22)."]
    rulebook = moment.after.rulebook
    how = "all positions, oldest first"
    if rulebook.liquidation == "until-100":
        how = f"positions, oldest first, until it is back at {percent(rulebook.opening_level / 100)}"
    level = percent(rulebook.liquidation_level / 100)
    return [f"The margin level is {level} or less, so the exchange closes {how} (B5)."]


def _other_pair(moment: Moment, index: int) -> bool:
    """Whether this lot's pair is another than that of the one before it."""
    return moment.realised[index].position.pair != moment.realised[index - 1].position.pair


def realised(result: Realised) -> str:
    """What closing a volume of one lot came to, in QUOTE (R9 to R11).

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> story = replay(Scenario.of({
    ...     "balances": {"EUR": "2000"}, "prices": {"BTC/EUR": "50000"},
    ...     "steps": [{"do": "open", "pair": "BTC/EUR", "side": "long", "volume": "0.1", "leverage": 5},
    ...               {"do": "close", "pair": "BTC/EUR", "volume": "all", "price": "51000"}]}))
    >>> print(realised(story.realised[0]))  # doctest: +NORMALIZE_WHITESPACE
    You sell 0.1 BTC of position 1 at 51,000.00 EUR: that repays 5,000.00 EUR and leaves 100.00 EUR,
    your profit (R9, R10, R11).
    """
    lot, pnl = result.position, result.pnl
    who, s = {"order": ("You", ""), "stop": ("Your stop", "s"), "liquidation": ("The exchange", "s")}[result.by]
    rules = {"order": "R9", "stop": "R22", "liquidation": "B5"}[result.by] + ", R10, R11"
    volume, at = money(result.volume, lot.base), price(result.price, lot.quote)
    amount = money(pnl.copy_abs(), lot.quote)
    if lot.side == "long":
        done = f"{who} sell{s} {volume} of position {lot.id} at {at}"
        with localcontext(EXACT):
            owed = money(replace(lot, volume=result.volume).owed[1], lot.quote)
        if pnl < 0:
            outcome = f"that falls {amount} short of the {owed} owed, your loss"
        else:
            outcome = f"that repays {owed} and leaves {f'{amount}, your profit' if pnl else 'nothing'}"
    else:
        done = f"{who} buy{s} {volume} back at {at} and repay{s} position {lot.id}"
        if pnl < 0:
            outcome = f"it costs {amount} more than its sale brought, your loss"
        elif pnl:
            outcome = f"it costs {amount} less than its sale brought, your profit"
        else:
            outcome = "it costs what its sale brought"
    return f"{done}: {outcome} ({rules})."


def cascade(result: Realised) -> list[str]:
    r"""What paid for a loss, one sentence a currency in the order taken, and what stays unpaid; empty without a loss.

    >>> lot = Position(1, "BTC/EUR", "long", Decimal(1), Decimal(50000), Decimal(5), ZERO)
    >>> take = Take("EUR", Decimal(300), Decimal(300), ZERO, ZERO, "quote", ("R11", "R13"))
    >>> loss = Realised(0, lot, Decimal(1), Decimal(49000), Decimal(-1000), Decimal(700), (take,), "order")
    >>> print(*cascade(loss), sep="\n")
    Your 300.00 EUR go first, because EUR is the quote currency (R13).
    Nothing is left to take: 700.00 EUR stay unpaid and count against your equity (A5).
    """
    quote, takes = result.position.quote, result.cascade
    if len(takes) == 1 and not result.unpaid and takes[0].currency == quote:
        return [f"Your {quote} bear all of it, because {because(quote, takes[0].why)} ({_rules(takes[0].rules)})."]
    last = None if result.unpaid else takes[-1] if takes else None
    told = [_taken(take, quote, first=take is takes[0], whole=take is not last) for take in takes]
    if result.unpaid:
        told.append(_unpaid(result.unpaid, quote))
    return told


def charges(moment: Moment) -> list[str]:
    """Which fees were taken, from what, and what of them stays unpaid (A4, A5, B6)."""
    due: dict[tuple[int | None, str], list[tuple[str, Part]]] = {}
    for row in moment.rows:
        for part in row.parts:
            if part.reason in _CHARGES:
                due.setdefault((row.position, part.reason), []).append((row.asset, part))
    if not due and moment.after.unpaid == moment.before.unpaid:
        return []
    lots = {lot.id: lot for lot in _touched(moment)}
    several = len({position for position, _ in due}) > 1
    told = []
    with localcontext(EXACT):
        for _, lot in sorted(lots.items()):
            whose = f" of position {lot.id}" if several else ""
            told += [
                _charged(name + whose, lot.quote, due[lot.id, reason])
                for reason, name in _CHARGES.items()
                if (lot.id, reason) in due
            ]
        told += [
            f"Of the {_CHARGES[reason]}{f' of position {lot}' if several else ''}, {money(left, code)} stay unpaid and "
            "count against your equity (A5)."
            for (lot, reason, code), left in _unborne(moment).items()
        ]
    return told


def _touched(moment: Moment) -> Iterable[Position]:
    """The lots that a step may have charged fees for: not all that there are, at every step."""
    if isinstance(moment.step, Wait):
        return moment.before.positions
    closed = [each.position for each in moment.realised]
    return [*closed, moment.after.positions[-1]] if isinstance(moment.step, Open) else closed


def _unborne(moment: Moment) -> dict[tuple[int | None, str, str], Decimal]:
    """What nothing bore of each position's fees of a kind, in QUOTE (A5)."""
    found: dict[tuple[int | None, str, str], Decimal] = {}
    for each in moment.after.charged:
        if each.unpaid:
            whose = (each.position, each.reason, each.currency)
            found[whose] = found.get(whose, ZERO) + each.unpaid
    return found


def ended_stops(moment: Moment) -> list[str]:
    """The waiting stops that ended with their position, unless one of them was what closed it (R22)."""
    hit = {each.position.pair for each in moment.realised if each.by == "stop"}
    pairs = dict.fromkeys(stop.pair for stop in moment.before.stops)
    return [
        f"With the position, your stop in {pair} ends too (R22)."
        for pair in pairs
        if pair not in hit and not moment.after.positions.of(pair)
    ]


def attempt(step: Step) -> str:
    """What a step sets out to do, whether or not the rules let it.

    >>> attempt(Withdraw(currency="EUR", amount=Decimal(5)))
    'You try to withdraw 5.00 EUR.'
    """
    match step:
        case Deposit() | Withdraw():
            return f"You try to {step.do} {money(step.amount, step.currency)}."
        case Wait():
            return f"You let {number(step.hours, 20)} {'hour' if step.hours == 1 else 'hours'} pass."
        case Prices():
            moves = (f"{pair} to {price(at, pair.partition('/')[2])}" for pair, at in step.prices.items())
            return f"At one moment, these are to move: {', '.join(moves)}."
        case _:
            pass
    base, quote = step.pair.split("/")
    match step:
        case Price():
            return f"{step.pair} is to move to {price(step.price, quote)}."
        case Stop():
            return f"You try to place a {step.side} stop in {step.pair} at {price(step.trigger, quote)}."
        case Open():
            times = number(step.leverage, 20)
            return f"You try to open a {step.side} of {money(step.volume, base)} in {step.pair} with {times}× leverage."
        case Trade():
            return f"You try to {step.side} {money(step.volume, base)} in {step.pair} with an ordinary order."
        case Settle() | Close():
            volume = "all" if isinstance(step.volume, str) else money(step.volume, base)
            return f"You try to {step.do} {volume} of your position in {step.pair}."


def refusal(refused: Refused) -> str:
    """Why a step is refused, and what would work (A7).

    >>> step = Withdraw(currency="EUR", amount=Decimal(1))
    >>> refusal(Refused(2, step, "insufficient_margin", "This withdrawal would leave too little.", ("B9",)))
    'Step 3 is refused (A7): This withdrawal would leave too little (B9).'
    """
    rules = [rule for rule in refused.rules if rule != "A7"]
    message = regrouped(refused.message)
    if rules:
        message = f"{message.removesuffix('.')} ({', '.join(rules)})."
    return f"Step {refused.index + 1} is refused (A7): {message}"


def margin(summary: Margin | None, rulebook: Rulebook) -> str:
    """How close the account is to a margin call and to liquidation (B3 to B5).

    >>> from fractions import Fraction
    >>> from marginlib import rulebook
    >>> margin(Margin("EUR", Fraction(300), Fraction(300), Fraction(0)), rulebook())
    'No position is open, so there is no margin level (B3).'
    """
    if summary is None:
        return "There is no margin summary: something that you have or owe can't be priced (A2)."
    if summary.level is None:
        return "No position is open, so there is no margin level (B3)."
    call, end = percent(rulebook.call_level / 100), percent(rulebook.liquidation_level / 100)
    level = f"The margin level is {percent(summary.level / 100)}"
    if summary.level <= rulebook.liquidation_level:
        off = ", which is switched off here" if rulebook.liquidation == "off" else ""
        return f"{level}, low enough for automated liquidation ({end}){off} (B5)."
    if summary.level <= rulebook.call_level:
        return f"{level}, low enough for a margin call ({call}); liquidation comes near {end} (B5)."
    if summary.level < rulebook.opening_level:
        return f"{level}: too low to open more (B4). A margin call comes near {call}, liquidation near {end} (B5)."
    return f"{level}. A margin call comes near {call}, liquidation near {end} (B5)."


def how_far(state: State, currency: str, found: Limits | None = None) -> list[str]:
    """How far each open position's price may go by itself to a margin call and to liquidation (B5).

    Valued in ``currency``. A pair whose level is there already, or that can't be priced, is left out. ``found``: the
    limits, if they are known already.

    >>> from marginlib import Scenario
    >>> from marginlib import replay
    >>> story = replay(Scenario.of({"balances": {"USD": "10000"}, "prices": {"BTC/USD": "20000"}, "steps": [
    ...     {"do": "open", "pair": "BTC/USD", "side": "long", "volume": "1", "leverage": 5}]}))
    >>> print(*how_far(story.final, "USD"))  # doctest: +NORMALIZE_WHITESPACE
    If only BTC/USD moves: a margin call comes at 13,200.00 USD or less, liquidation at 11,600.00 USD or less (B5).
    """
    told, rulebook = [], state.rulebook
    for pair, _ in state.positions.by_pair:
        try:
            call, end = (found.pairs[pair] if found else None) or (
                limit_price(state, currency, level, pair) for level in (rulebook.call_level, rulebook.liquidation_level)
            )
        except Refusal:
            continue
        if call is None or end is None or call.reached:
            continue
        at, gone = _limits(call, pair), _limits(end, pair)
        reach = f"a margin call comes at {at}, liquidation {f'at {gone}' if gone else 'at no price'}"
        told.append(f"If only {pair} moves: {reach if at else 'no price of it brings a margin call'} (B5).")
    return told


def _limits(limit: Limit, pair: str) -> str:
    """The prices at which a level is reached, to the digits that a price is told with; nothing if there are none."""
    quote = pair.partition("/")[2]
    sides = ((limit.below, "less"), (limit.above, "more"))
    found = [f"{near(at, quote)} or {beyond}" for at, beyond in sides if at is not None]
    return ", or at ".join(found)


def how_far_together(state: State, currency: str, found: Limits | None = None) -> list[str]:
    """How far everything may become worth less or more at once to a margin call and to liquidation (B5).

    Valued in ``currency``. Nothing is said where nothing is open, or where only one other currency counts. ``found``:
    the limits, if they are known already.

    >>> from marginlib import Scenario, replay
    >>> story = replay(Scenario.of({
    ...     "balances": {"BTC": "0.5"}, "prices": {"BTC/USD": "20000", "ETH/USD": "1000"},
    ...     "valuation": "USD", "steps": [
    ...         {"do": "open", "pair": "ETH/USD", "side": "long", "volume": "10", "leverage": 5}]}))
    >>> how_far_together(story.final, "USD")[0].replace("\N{NO-BREAK SPACE}", " ")
    'If all of it moves together in USD: a margin call comes at −42 % or less, liquidation at −46 % or less (B5).'
    """
    codes = {code for code, amount in state.balances.items() if amount}
    codes |= {code for pair, _ in state.positions.by_pair for code in pair.split("/")}
    if not state.positions or len(codes - {currency}) < 2:
        return []
    levels = (state.rulebook.call_level, state.rulebook.liquidation_level)
    try:
        call, end = (found.together if found else None) or (limit_together(state, currency, level) for level in levels)
    except Refusal:
        return []
    if call is None or end is None or call.reached:
        return []
    at, gone = _moves(call), _moves(end)
    reach = f"a margin call comes at {at}, liquidation {f'at {gone}' if gone else 'at no such move'}"
    return [f"If all of it moves together in {currency}: {reach if at else 'nothing brings a margin call'} (B5)."]


def _moves(limit: Limit) -> str:
    """The moves at which a level is reached, in percent; nothing if there are none."""
    sides = ((limit.below, "less"), (limit.above, "more"))
    found = [f"{percent(at - 1)} or {beyond}" for at, beyond in sides if at is not None]
    return ", or at ".join(found)


def warnings(story: Story) -> list[str]:
    """What the scenario has that the exchange hasn't, one sentence each; nothing is refused for it.

    >>> from marginlib import Scenario, replay
    >>> story = replay(Scenario.of({"prices": {"BTC/EUR": "50000", "BTC/USD": "110000", "EUR/USD": "1.1"}}))
    >>> warnings(story)[0].replace("\N{NO-BREAK SPACE}", " ")
    'At the start, the prices of BTC/EUR, BTC/USD and EUR/USD contradict each other by 100 %.'
    """
    most = number(story.final.rulebook.most_leverage, 20)
    told = [
        f"Step {index + 1} has {number(leverage, 20)}× leverage; the exchange offers {most}× at most."
        for index, leverage in steep(story)
    ]
    for when, pairs, apart in contradictions(story):
        since = "At the start" if when is None else f"From step {when + 1} on"
        told.append(f"{since}, the prices of {listed([*pairs])} contradict each other by {percent(apart)}.")
    return told


def unpaid(state: State) -> list[str]:
    """What is unpaid, one sentence a currency (A5)."""
    return [
        f"{money(amount, code)} are unpaid and count against your equity (A5)." for code, amount in state.unpaid.items()
    ]


def stops(state: State) -> list[str]:
    """The stops that wait, one sentence each (R22)."""
    return [
        f"A {stop.side} stop in {stop.pair} waits for {price(stop.trigger, stop.pair.partition('/')[2])} or "
        f"{'less' if stop.side == 'sell' else 'more'} (R22)."
        for stop in state.stops
    ]


def _opened(lot: Position) -> str:
    with localcontext(EXACT):
        (lent, amount), (received, volume) = lot.owed, lot.held
    swap = "buys you" if lot.side == "long" else "sells for"
    return (
        f"You open a {lot.side} of {money(lot.volume, lot.base)} at {price(lot.open_price, lot.quote)} with "
        f"{number(lot.leverage, 20)}× leverage: the exchange extends {money(amount, lent)}, "
        f"which {swap} {money(volume, received)}, restricted (R1)."
    )


def _moved(step: Price, before: Decimal | None) -> str:
    quote = step.pair.partition("/")[2]
    now = price(step.price, quote)
    if before is None:
        return f"{step.pair} gets a price: {now}."
    if step.price == before:
        return f"{step.pair} stays at {now}."
    verb = "rises" if step.price > before else "falls"
    share = percent(abs(step.price / before - 1))
    by = "" if share.startswith("0\N{NO-BREAK SPACE}") else f" by {share},"
    return f"{step.pair} {verb}{by} from {price(before, quote)} to {now}."


def _settled(step: Settle, moment: Moment) -> str:
    (owed, paid), (received, kept) = _moved_for(moment, "obligation"), _moved_for(moment, "released")
    lots = len({row.position for row in moment.rows})
    base = step.pair.partition("/")[0]
    volume = money(paid if owed == base else kept, base)
    fifo = f", {lots} lots, oldest first (R7)" if lots > 1 else ""
    given = f"{money(paid, owed)} {_go(paid)} from your balance to the exchange, with no trade and no fee (R3, R5)"
    yours = f"{money(kept, received)} {_go(kept, 'is', 'are')} yours without restriction (R4)"
    return f"You settle {volume} in {step.pair}{fifo}: {given}. {yours}."


def _closed(step: Close, moment: Moment) -> str:
    if is_told(moment):
        return realised(moment.realised[0])
    base, quote = step.pair.split("/")
    with localcontext(EXACT):
        volume = money(sum((each.volume for each in moment.realised), ZERO), base)
    at, lots = price(moment.realised[0].price, quote), len(moment.realised)
    return f"You close {volume} in {step.pair} at {at}: {lots} lots, oldest first, each by itself (R8, R12)."


def _traded(step: Trade, moment: Moment) -> str:
    base, quote = step.pair.split("/")
    volume, at = money(step.volume, base), price(step.price or moment.before.prices[step.pair], quote)
    row = next(row for row in moment.rows if row.asset == quote)
    verb, also = ("pay", " and") if step.side == "buy" else ("receive", ", less")
    fee = f"{also} a trading fee of {money(row.fee, quote)}" if row.fee else ""
    order = f"You {step.side} {volume} at {at} with an ordinary order"
    return f"{order}: you {verb} {money(row.amount.copy_abs(), quote)}{fee} ({_rules(row.rules)})."


def _stop(stop: StopOrder) -> str:
    side, when = ("long", "or less") if stop.side == "sell" else ("short", "or more")
    trigger = price(stop.trigger, stop.pair.partition("/")[2])
    return f"You place a {stop.side} stop: at {trigger} {when} it closes your whole {side} in {stop.pair} (R22)."


def _taken(take: Take, quote: str, *, first: bool, whole: bool) -> str:
    amount, code = money(take.taken, take.currency), take.currency
    what = f"Your {amount}" if whole else f"{amount.removesuffix(f' {code}')} of your {code}"
    verb = f"{_go(take.taken)} first" if first else _go(take.taken, "follows", "follow")
    why = f"{what} {verb}, because {because(code, take.why)} ({_rules(take.rules)})"
    if code == quote:
        return f"{why}."
    cost = f"after a {percent(take.fee_rate)} fee of {money(take.fee, quote)}" if take.fee_rate else "without a fee"
    covers = f"{_go(take.taken, 'it covers', 'they cover')} {money(take.covers, quote)}"
    return f"{why}. Converted, {covers}, {cost} ({', '.join(_CONVERSION)})."


def _charged(name: str, quote: str, parts: list[tuple[str, Part]]) -> str:
    """One kind of fee of one position. A fee that nothing could bear alone has parts that move more than a fee."""
    taken: dict[str, Decimal] = {}
    for asset, part in parts:
        taken[asset] = taken.get(asset, ZERO) + part.took
    amounts = listed([money(amount, code) for code, amount in taken.items()])
    rules = ", ".join(dict.fromkeys(rule for _, part in parts for rule in part.rules))
    if any(part.amount for _, part in parts):
        return f"No single balance bears the {name}, so it is taken as a loss is: {amounts} ({rules})."
    elsewhere = "" if set(taken) == {quote} else ", from the first balance that bears it whole"
    often = " in all" if len(parts) > len(taken) else ""
    return f"The {name} takes {amounts}{often}{elsewhere} ({rules})."


def _unpaid(amount: Decimal, quote: str) -> str:
    return f"Nothing is left to take: {money(amount, quote)} stay unpaid and count against your equity (A5)."


def _rules(rules: Iterable[str]) -> str:
    """The rules without those that a loss and a conversion are told with anyway."""
    return ", ".join(rule for rule in rules if rule not in ("R11", *_CONVERSION))


def _moved_for(moment: Moment, reason: Reason) -> tuple[str, Decimal]:
    """The currency and the amount that a step's rows moved for one reason."""
    parts = [(row.asset, part.amount) for row in moment.rows for part in row.parts if part.reason == reason]
    with localcontext(EXACT):
        return parts[0][0], abs(sum((amount for _, amount in parts), ZERO))


def _go(amount: Decimal, singular: str = "goes", plural: str = "go") -> str:
    return singular if amount == 1 else plural
