"""Wrong models that several lessons recognise, and what they are made with.

What only one lesson recognises lies in that lesson's folder.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from marginlib.engine.account import Position
from marginlib.engine.amounts import ZERO, quotient, rounded
from marginlib.engine.margin import Margin
from marginlib.engine.scenario import Close, ConversionFees, Open, Scenario, Settle
from marginlib.quiz.asking import Ask, Case
from marginlib.quiz.mistakes import mistake


def openings(case: Case) -> dict[int, Open]:
    """The opening steps by index, each with the price that it really had."""
    found = {}
    for moment in case.story.moments:
        if isinstance(moment.step, Open):
            found[moment.index] = moment.step.replaced(price=moment.after.positions[-1].open_price)
    return found


def swapped(case: Case, opens: dict[int, Open]) -> Case:
    """The case with other openings in the places of its own."""
    return case.changed([opens.get(index, step) for index, step in enumerate(case.scenario.steps)])


def one_leverage(case: Case) -> Decimal | None:
    """The leverage of all openings, where it is the same."""
    leverages = {step.leverage for step in case.scenario.steps if isinstance(step, Open)}
    return leverages.pop() if len(leverages) == 1 else None


@mistake("You left the conversion fee out. Whatever isn't the quote currency is converted, for a fee (R16).")
def conversion_fee_left_out(case: Case, ask: Ask) -> Decimal | None:
    """Conversions are free."""
    free = ConversionFees(cash_cash=ZERO, btc_eth_cash=ZERO, other=ZERO)
    return case.changed(rules={"conversion_fees": free}).number(ask)


@mistake(
    "You took the highest fee for all. It depends on what is converted into what: cash, BTC or ETH, the rest (R16)."
)
def highest_fee_for_all(case: Case, ask: Ask) -> Decimal | None:
    """Every conversion costs what most coins cost."""
    high = case.story.final.rulebook.conversion_fees["other"]
    return case.changed(rules={"conversion_fees": ConversionFees(cash_cash=high, btc_eth_cash=high)}).number(ask)


@mistake(
    "You took the lowest fee for all. It depends on what is converted into what: cash, BTC or ETH, the rest (R16)."
)
def lowest_fee_for_all(case: Case, ask: Ask) -> Decimal | None:
    """Every conversion costs what cash costs."""
    low = case.story.final.rulebook.conversion_fees["cash_cash"]
    return case.changed(rules={"conversion_fees": ConversionFees(btc_eth_cash=low, other=low)}).number(ask)


@mistake(
    "You took the middle fee for all. {btc_eth_cash | %} is for BTC or ETH to and from cash; a stablecoin is not "
    "cash (R16)."
)
def middle_fee_for_all(case: Case, ask: Ask) -> Decimal | None:
    """Every conversion costs what BTC to cash costs."""
    fees = case.story.final.rulebook.conversion_fees
    middle = fees["btc_eth_cash"]
    return case.changed(rules={"conversion_fees": ConversionFees(cash_cash=middle, other=middle)}).number(ask)


@mistake("You left the quote currency's balance out. It goes first, and only the rest is converted (R13).")
def quote_balance_forgotten(case: Case, ask: Ask) -> Decimal | None:
    """The quote currency is spared: the other currencies pay for it as well."""
    realised = case.story.realised
    quotes = {r.position.quote for r in realised}
    spared = {code: amount for code, amount in case.scenario.balances.items() if code not in quotes}
    return case.changed(balances=spared).number(ask)


@mistake("You multiplied by the leverage. A position of this size gains or loses the same with any leverage (R20).")
def leverage_multiplies(case: Case, ask: Ask) -> Decimal | None:
    """Profit or loss times leverage."""
    right = case.number(ask)
    leverage = one_leverage(case)
    return right * leverage if right is not None and leverage else None


@mistake("You divided by the leverage. It divides what is tied up, not the profit or loss (B2, R20).")
def leverage_divides(case: Case, ask: Ask) -> Decimal | None:
    """Profit or loss divided by leverage."""
    right = case.number(ask)
    leverage = one_leverage(case)
    return quotient(right, leverage, 10) if right is not None and leverage else None


@mistake("You counted in the base currency. Profit and loss are in the quote currency of the pair (R11).")
def profit_in_base(case: Case, ask: Ask) -> Decimal | None:
    """Profit or loss divided by the closing price."""
    right = case.number(ask)
    prices = {realised.price for realised in case.story.realised}
    return quotient(right, prices.pop(), 10) if right is not None and len(prices) == 1 else None


@mistake("The size is right, the sign is not: what comes to you has a plus, what leaves you a minus.")
def wrong_sign(case: Case, ask: Ask) -> Decimal | None:
    """The right size with the wrong sign."""
    right = case.number(ask)
    return None if right is None else -right


@mistake("You left the trading fee out. A closing is a trade, and each trade costs its fee (A4, A9).")
def trading_fee_left_out(case: Case, ask: Ask) -> Decimal | None:
    """Trades are free."""
    return case.changed(fees=case.scenario.fees.replaced(trading=ZERO)).number(ask)


@mistake("The fee of the closing is missing: it is a trade, as the opening was (A9).")
def closing_fee_forgotten(case: Case, ask: Ask) -> Decimal | None:
    """Only the opening costs a trading fee."""
    right, rate = case.number(ask), case.scenario.fees.trading
    fee = sum((each.volume * each.price for each in case.story.realised), ZERO) * rate
    return right + fee if right is not None and fee and balance_of(ask) else None


@mistake("The fee of the opening is missing: a trade took place then, too (A4).")
def opening_fee_forgotten(case: Case, ask: Ask) -> Decimal | None:
    """Only the closing costs a trading fee."""
    right, rate = case.number(ask), case.scenario.fees.trading
    fee = sum((step.volume * (step.price or ZERO) for step in openings(case).values()), ZERO) * rate
    return right + fee if right is not None and fee and balance_of(ask) else None


def _settled(case: Case) -> list[tuple[Position, Decimal, Decimal]]:
    """What was settled: each lot, the volume of it, and the price at that moment."""
    found = []
    for moment in case.story.moments:
        if isinstance(moment.step, Settle):
            left = {lot.id: lot.volume for lot in moment.after.positions}
            for lot in moment.before.positions:
                gone = lot.volume - left.get(lot.id, ZERO)
                if gone:
                    found.append((lot, gone, moment.before.prices[lot.pair]))
    return found


def balance_of(ask: Ask) -> str:
    """The currency whose balance is asked for, or nothing."""
    return ask.of if ask.name in ("balance", "change") else ""


def other_way(scenario: Scenario, kind: type[Close] | type[Settle]) -> Scenario:
    """The scenario with its last step turned into a closing or a settlement."""
    *steps, last = scenario.steps
    if not isinstance(last, Close | Settle):
        raise ValueError("the scenario does not end with a close or settle step")
    return scenario.replaced(steps=(*steps, kind(pair=last.pair, volume=last.volume)))


@mistake("That is what the coins cost now. What is settled is what was extended: volume × opening price (R3).")
def settled_at_the_price_now(case: Case, ask: Ask) -> Decimal | None:
    """The price now instead of the opening price."""
    right, lots = case.number(ask), _settled(case)
    moved = [
        volume * (now - lot.open_price) * (1 if lot.side == "short" else -1)
        for lot, volume, now in lots
        if lot.quote == balance_of(ask)
    ]
    return right + sum(moved, ZERO) if right is not None and moved else None


@mistake("You divided by the leverage. All that was extended goes back, at any leverage (R3).")
def settled_the_margin_only(case: Case, ask: Ask) -> Decimal | None:
    """Only cost divided by leverage is paid back."""
    right, kept = case.number(ask), ZERO
    for lot, volume, _ in _settled(case):
        code, whole = (lot.quote, volume * lot.open_price) if lot.side == "long" else (lot.base, volume)
        if code == balance_of(ask):
            kept += whole - quotient(whole, lot.leverage, 10)
    return right + kept if right is not None and kept else None


@mistake("That is what closing leaves. A settlement sells nothing: you pay back and keep what you received (R3, R4).")
def closed_instead(case: Case, ask: Ask) -> Decimal | None:
    """A closing in the place of the settlement."""
    last = case.scenario.steps[-1]
    return (
        case.asked(other_way(case.scenario, Close)).number(ask)
        if isinstance(last, Settle) and balance_of(ask)
        else None
    )


def summed(ask: Ask, equity: Fraction, used: Fraction) -> Decimal | None:
    """What is asked of a margin summary, from another equity or used margin than the right one."""
    level = equity / used * 100 if used else None
    value = {"equity": equity, "used_margin": used, "free_margin": equity - used, "level": level}.get(str(ask))
    return None if value is None else rounded(value, 4)


def still_open(case: Case) -> tuple[Margin, list[Position], Mapping[str, Decimal]] | None:
    """The margin summary, the open lots and the prices at the end; None with nothing open."""
    story = case.story
    lots = [lot for lot in story.final.positions if story.margin and lot.quote == story.margin.currency]
    return (story.margin, lots, story.final.prices) if story.margin and lots else None


@mistake("You left the open profit or loss out. It counts in equity as soon as the price moves (B1).")
def open_result_left_out(case: Case, ask: Ask) -> Decimal | None:
    """Equity is the balance alone."""
    found = still_open(case)
    return summed(ask, found[0].trade_balance, found[0].used_margin) if found else None


@mistake("You multiplied the profit or loss by the leverage. It is volume × move, at any leverage (R20).")
def open_result_times_leverage(case: Case, ask: Ask) -> Decimal | None:
    """Equity moves by the result times leverage."""
    found = still_open(case)
    if not found:
        return None
    tied, lots, _ = found
    gain = (tied.equity - tied.trade_balance) * Fraction(lots[0].leverage)
    return summed(ask, tied.trade_balance + gain, tied.used_margin)


@mistake("You used free margin; take equity. The margin level is equity in percent of used margin (B3).")
def level_of_free_margin(case: Case, ask: Ask) -> Decimal | None:
    """Free margin in percent of used margin."""
    found = still_open(case)
    return summed(ask, found[0].free_margin, found[0].used_margin) if found and ask == Ask("level") else None


@mistake("You turned it round: the margin level is equity in percent of used margin (B3).")
def level_upside_down(case: Case, ask: Ask) -> Decimal | None:
    """Used margin in percent of equity."""
    found = still_open(case)
    upside = found and ask == Ask("level") and found[0].equity
    return rounded(found[0].used_margin / found[0].equity * 100, 4) if found and upside else None


@mistake("You measured it on the whole cost. What you put up is the cost divided by the leverage (R20).")
def return_on_the_cost(case: Case, ask: Ask) -> Decimal | None:
    """The price move itself."""
    return leverage_divides(case, ask) if ask == Ask("return") else None


@mistake("You used the leverage twice: the price move times it is already measured on what you put up (R20).")
def return_times_leverage(case: Case, ask: Ask) -> Decimal | None:
    """The return, times leverage once more."""
    return leverage_multiplies(case, ask) if ask == Ask("return") else None


@mistake("You measured it on your whole balance. Put up is only the cost divided by the leverage (R20).")
def return_on_the_balance(case: Case, ask: Ask) -> Decimal | None:
    """Profit in percent of the balance."""
    found = still_open(case)
    if not found or ask != Ask("return"):
        return None
    return rounded((found[0].equity - found[0].trade_balance) / found[0].trade_balance * 100, 4)
