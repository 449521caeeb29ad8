"""Wrong models of the rules that people hold. Each gives the number it would lead to, from the same scenario.

A wrong answer is recognised by comparing it with these, and gets the sentence for that mistake. To add one, write a
function from a scenario and what is asked to a number (or None where the model says nothing), with its sentence.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from marginlib.engine.account import Position, Take
from marginlib.engine.amounts import EXACT, ZERO, quotient, rounded
from marginlib.engine.margin import Margin
from marginlib.engine.scenario import Close, ConversionFees, Open, Scenario, Settle, Step
from marginlib.quiz.answers import answer
from marginlib.reading.replaying import replay

Model = Callable[[Scenario, str], Decimal | None]


@dataclass(frozen=True)
class Mistake:
    """A wrong model: its name, the sentence for whoever holds it, and what it would give."""

    name: str
    sentence: str
    model: Model

    def gives(self, scenario: Scenario, ask: str) -> Decimal | None:
        """What the wrong model answers, in the unit of the question; None where it says nothing."""
        with localcontext(EXACT):
            return self.model(scenario, ask)


MISTAKES: dict[str, Mistake] = {}


def mistake(sentence: str) -> Callable[[Model], Model]:
    """Register a wrong model under its function's name.

    Raises:
        ValueError: there is one of that name already, perhaps in another lesson's module.
    """

    def register(model: Model) -> Model:
        if model.__name__ in MISTAKES:
            raise ValueError(f"there is a mistake '{model.__name__}' already; give this one another name")
        MISTAKES[model.__name__] = Mistake(model.__name__, sentence, model)
        return model

    return register


def number(scenario: Scenario, ask: str) -> Decimal | None:
    """The engine's answer where it is a number and the scenario isn't refused."""
    try:
        given = answer(scenario, ask)
    except ValueError:
        return None
    return given if isinstance(given, Decimal) else None


def changed(scenario: Scenario, steps: Sequence[Step] | None = None, **changes: Any) -> Scenario:
    """The scenario with other steps or parts, and without the opening check: a wrong model is not refused."""
    other: dict[str, Any] = changes.pop("rules", {})
    rules = scenario.rules.replaced(**{"initial_margin_check": False, **other})
    update = {"rules": rules, **({"steps": tuple(steps)} if steps is not None else {}), **changes}
    return scenario.replaced(**update)


def openings(scenario: Scenario) -> dict[int, Open]:
    """The opening steps by index, each with the price that it really had."""
    found = {}
    for moment in replay(scenario).moments:
        if isinstance(moment.step, Open):
            found[moment.index] = moment.step.replaced(price=moment.after.positions[-1].open_price)
    return found


def swapped(scenario: Scenario, opens: dict[int, Open]) -> Scenario:
    """The scenario with other openings in the places of its own."""
    return changed(scenario, [opens.get(index, step) for index, step in enumerate(scenario.steps)])


@mistake("That is what you'd get if the newest lot went first. The oldest goes first (R7, R8).")
def newest_first(scenario: Scenario, ask: str) -> Decimal | None:
    """Last in, first out."""
    opens = openings(scenario)
    turned = dict(zip(opens, reversed(opens.values()), strict=True))
    name, _, of = ask.partition(":")
    if name in ("left", "pnl") and of.isdigit():  # the lot now opens in another place
        ask = f"{name}:{len(opens) + 1 - int(of)}"
    return number(swapped(scenario, turned), ask)


@mistake("That is the average of all your opening prices. Each lot keeps its own price, and they go one by one (R12).")
def average_cost(scenario: Scenario, ask: str) -> Decimal | None:
    """One average price for all lots."""
    opens = openings(scenario)
    volume = sum((step.volume for step in opens.values()), ZERO)
    cost = sum((step.volume * (step.price or ZERO) for step in opens.values()), ZERO)
    if not volume:
        return None
    mean = quotient(cost, volume, 10)
    return number(swapped(scenario, {i: step.replaced(price=mean) for i, step in opens.items()}), ask)


@mistake("You left the conversion fee out. Whatever isn't the quote currency is converted, for a fee (R16).")
def conversion_fee_left_out(scenario: Scenario, ask: str) -> Decimal | None:
    """Conversions are free."""
    free = ConversionFees(cash_cash=ZERO, btc_eth_cash=ZERO, other=ZERO)
    return number(changed(scenario, rules={"conversion_fees": free}), ask)


def _one_take(scenario: Scenario, ask: str) -> Take | None:
    """The single converted deduction that a ``taken:`` question is about."""
    name, _, code = ask.partition(":")
    takes = [take for r in replay(scenario).realised for take in r.cascade if take.currency == code and take.fee_rate]
    return takes[0] if name == "taken" and len(takes) == 1 else None


@mistake("You added the fee on top. It comes out of the proceeds, so divide by what is left of one unit (R16, A1).")
def fee_on_top(scenario: Scenario, ask: str) -> Decimal | None:
    """Taken = needed x (1 + fee) instead of needed / (1 - fee)."""
    take = _one_take(scenario, ask)
    if take is None:
        return None
    return quotient(take.covers * (1 + take.fee_rate) * take.taken, take.covers + take.fee, 10)


@mistake("You used the price from before the move. A conversion happens at the price of that moment (A2).")
def price_before_the_move(scenario: Scenario, ask: str) -> Decimal | None:
    """Convert at the opening price."""
    kept = [step for step in scenario.steps if step.do != "price"]
    last = replay(scenario).final.prices
    closed = [step.replaced(price=step.price or last[step.pair]) if isinstance(step, Close) else step for step in kept]
    return number(changed(scenario, closed), ask)


@mistake(
    "You took the highest fee for all. It depends on what is converted into what: cash, BTC or ETH, the rest (R16)."
)
def highest_fee_for_all(scenario: Scenario, ask: str) -> Decimal | None:
    """Every conversion costs what most coins cost."""
    high = replay(scenario).final.rulebook.conversion_fees["other"]
    return number(changed(scenario, rules={"conversion_fees": ConversionFees(cash_cash=high, btc_eth_cash=high)}), ask)


@mistake(
    "You took the lowest fee for all. It depends on what is converted into what: cash, BTC or ETH, the rest (R16)."
)
def lowest_fee_for_all(scenario: Scenario, ask: str) -> Decimal | None:
    """Every conversion costs what cash costs."""
    low = replay(scenario).final.rulebook.conversion_fees["cash_cash"]
    return number(changed(scenario, rules={"conversion_fees": ConversionFees(btc_eth_cash=low, other=low)}), ask)


@mistake("You multiplied by the leverage. A position of this size gains or loses the same with any leverage (R20).")
def leverage_multiplies(scenario: Scenario, ask: str) -> Decimal | None:
    """Profit or loss times leverage."""
    right = number(scenario, ask)
    leverages = {step.leverage for step in scenario.steps if isinstance(step, Open)}
    return right * leverages.pop() if right is not None and len(leverages) == 1 else None


@mistake("You counted in the base currency. Profit and loss are in the quote currency of the pair (R11).")
def profit_in_base(scenario: Scenario, ask: str) -> Decimal | None:
    """Profit or loss divided by the closing price."""
    right = number(scenario, ask)
    prices = {realised.price for realised in replay(scenario).realised}
    return quotient(right, prices.pop(), 10) if right is not None and len(prices) == 1 else None


@mistake("The size is right, the sign is not: what comes to you has a plus, what leaves you a minus.")
def wrong_sign(scenario: Scenario, ask: str) -> Decimal | None:
    """The right size with the wrong sign."""
    right = number(scenario, ask)
    return None if right is None else -right


@mistake("Settling has no trading fee: you pay back what was extended, and no trade takes place (R5).")
def fee_on_settling(scenario: Scenario, ask: str) -> Decimal | None:
    """A trading fee on what is settled."""
    right = number(scenario, ask)
    fee = ZERO
    for moment in replay(scenario).moments:
        if moment.step.do == "settle":
            still = {lot.id: lot.volume for lot in moment.after.positions}
            gone = [(lot.volume - still.get(lot.id, ZERO)) * lot.open_price for lot in moment.before.positions]
            fee += sum(gone, ZERO) * moment.before.fees["trading"]
    if right is None or not fee:
        return None
    return right + fee if ask.startswith("fees") else right - rounded(fee, 4)


@mistake("You left the trading fee out. A closing is a trade, and each trade costs its fee (A4, A9).")
def trading_fee_left_out(scenario: Scenario, ask: str) -> Decimal | None:
    """Trades are free."""
    return number(changed(scenario, fees=scenario.fees.replaced(trading=ZERO)), ask)


@mistake("That counts only part of the lots: go on with the next oldest until the whole volume is done (R7, R8).")
def first_lot_only(scenario: Scenario, ask: str) -> Decimal | None:
    """The order ends no more than the oldest lot."""
    opens = openings(scenario)
    if len(opens) < 2:
        return None
    oldest = next(iter(opens.values())).volume
    steps = [step.replaced(volume=oldest) if isinstance(step, Close | Settle) else step for step in scenario.steps]
    return number(changed(scenario, steps), ask)


@mistake("That is the margin you put up, not what the exchange extends: it lends the whole cost (R1, B2).")
def owed_is_the_margin(scenario: Scenario, ask: str) -> Decimal | None:
    """Cost divided by leverage."""
    return number(scenario, "used_margin") if ask.startswith("owed") else None


@mistake("You took your margin off the loan. The whole cost is extended; your margin is only tied up (R1, B2).")
def owed_less_the_margin(scenario: Scenario, ask: str) -> Decimal | None:
    """Cost minus margin."""
    right, margin = number(scenario, ask), number(scenario, "used_margin")
    return right - margin if ask.startswith("owed") and right is not None and margin is not None else None


@mistake("You left the quote currency's balance out. It goes first, and only the rest is converted (R13).")
def quote_balance_forgotten(scenario: Scenario, ask: str) -> Decimal | None:
    """The quote currency is spared: the other currencies pay for it as well."""
    realised = replay(scenario).realised
    quotes = {r.position.quote for r in realised}
    spared = {code: amount for code, amount in scenario.balances.items() if code not in quotes}
    return number(changed(scenario, balances=spared), ask)


@mistake("You went by the collateral list alone. The base currency of the pair comes before it (R13).")
def base_by_the_list(scenario: Scenario, ask: str) -> Decimal | None:
    """The base currency waits for its turn at the end, as if it weren't collateral."""
    bases = {r.position.base for r in replay(scenario).realised}
    order = tuple(code for code in replay(scenario).final.rulebook.collateral_order if code not in bases)
    return number(changed(scenario, rules={"collateral_order": order}), ask)


@mistake("You spared what is not collateral. When collateral runs out, other funds are taken as needed (R15).")
def other_funds_spared(scenario: Scenario, ask: str) -> Decimal | None:
    """Only collateral pays."""
    order = replay(scenario).final.rulebook.collateral_order
    kept = {code: amount for code, amount in scenario.balances.items() if code in order}
    return number(changed(scenario, balances=kept), ask)


def _tied(ask: str, equity: Fraction, used: Fraction) -> Decimal | None:
    """What is asked of a margin summary, from another equity or used margin than the right one."""
    level = equity / used * 100 if used else None
    value = {"equity": equity, "used_margin": used, "free_margin": equity - used, "level": level}.get(ask)
    return None if value is None else rounded(value, 4)


def _open(scenario: Scenario) -> tuple[Margin, list[Position], Mapping[str, Decimal]] | None:
    """The margin summary, the open lots and the prices at the end; None with nothing open."""
    story = replay(scenario)
    lots = [lot for lot in story.final.positions if story.margin and lot.quote == story.margin.currency]
    return (story.margin, lots, story.final.prices) if story.margin and lots else None


@mistake("You left the open profit or loss out. It counts in equity as soon as the price moves (B1).")
def open_result_left_out(scenario: Scenario, ask: str) -> Decimal | None:
    """Equity is the balance alone."""
    found = _open(scenario)
    return _tied(ask, found[0].trade_balance, found[0].used_margin) if found else None


@mistake("You multiplied the profit or loss by the leverage. It is volume × move, at any leverage (R20).")
def open_result_times_leverage(scenario: Scenario, ask: str) -> Decimal | None:
    """Equity moves by the result times leverage."""
    found = _open(scenario)
    if not found:
        return None
    tied, lots, _ = found
    gain = (tied.equity - tied.trade_balance) * Fraction(lots[0].leverage)
    return _tied(ask, tied.trade_balance + gain, tied.used_margin)


@mistake("You didn't divide by the leverage. Used margin is the cost divided by it (B2).")
def margin_is_the_cost(scenario: Scenario, ask: str) -> Decimal | None:
    """The whole cost is tied up."""
    found = _open(scenario)
    return _tied(ask, found[0].equity, found[0].used_margin * Fraction(found[1][0].leverage)) if found else None


@mistake("That is the opening cost. A short's used margin is coins × today's price ÷ leverage (B2).")
def margin_is_the_opening_cost(scenario: Scenario, ask: str) -> Decimal | None:
    """What a short was sold for is tied up; for a long that is margin_is_the_cost."""
    found = _open(scenario)
    if not found or ask != "used_margin" or found[1][0].side == "long":
        return None
    return rounded(sum((Fraction(lot.cost) for lot in found[1]), Fraction(0)), 4)


@mistake("That is your free margin. Used margin is what is tied up (B2, B3).")
def free_margin_instead(scenario: Scenario, ask: str) -> Decimal | None:
    """What is left, instead of what is tied up."""
    return number(scenario, "free_margin") if ask == "used_margin" else None


@mistake("That is the used margin: it is what is not free. Subtract it from equity (B3).")
def used_margin_instead(scenario: Scenario, ask: str) -> Decimal | None:
    """What is tied up, instead of what is left."""
    return number(scenario, "used_margin") if ask == "free_margin" else None


@mistake("You used free margin; take equity. The margin level is equity in percent of used margin (B3).")
def level_of_free_margin(scenario: Scenario, ask: str) -> Decimal | None:
    """Free margin in percent of used margin."""
    found = _open(scenario)
    return _tied(ask, found[0].free_margin, found[0].used_margin) if found and ask == "level" else None


@mistake("You divided your balance by the leverage. Used margin comes from the cost of the position (B2).")
def margin_of_the_balance(scenario: Scenario, ask: str) -> Decimal | None:
    """A share of the balance is tied up."""
    found = _open(scenario)
    return _tied(ask, found[0].equity, found[0].trade_balance / Fraction(found[1][0].leverage)) if found else None


@mistake("That is the other side's used margin: a long's stays at opening cost ÷ leverage, a short's moves (B2).")
def margin_of_the_other_side(scenario: Scenario, ask: str) -> Decimal | None:
    """A long's used margin follows the price, a short's stays."""
    found = _open(scenario)
    if not found:
        return None
    tied, lots, prices = found
    used = Fraction(0)
    for lot in lots:
        price = prices[lot.pair] if lot.side == "long" else lot.open_price
        used += Fraction(lot.volume) * Fraction(price) / Fraction(lot.leverage)
    return _tied(ask, tied.equity, used)


@mistake("That is your equity. Free margin is what of it is not tied up: subtract the used margin (B3).")
def used_margin_left_out(scenario: Scenario, ask: str) -> Decimal | None:
    """Everything is free."""
    return number(scenario, "equity") if ask == "free_margin" else None


@mistake("You turned it round: the margin level is equity in percent of used margin (B3).")
def level_upside_down(scenario: Scenario, ask: str) -> Decimal | None:
    """Used margin in percent of equity."""
    found = _open(scenario)
    upside = found and ask == "level" and found[0].equity
    return rounded(found[0].used_margin / found[0].equity * 100, 4) if found and upside else None


@mistake("You divided by the leverage. It divides what is tied up, not the profit or loss (B2, R20).")
def leverage_divides(scenario: Scenario, ask: str) -> Decimal | None:
    """Profit or loss divided by leverage."""
    right = number(scenario, ask)
    leverages = {step.leverage for step in scenario.steps if isinstance(step, Open)}
    return quotient(right, leverages.pop(), 10) if right is not None and len(leverages) == 1 else None


@mistake("You measured it on the whole cost. What you put up is the cost divided by the leverage (R20).")
def return_on_the_cost(scenario: Scenario, ask: str) -> Decimal | None:
    """The price move itself."""
    return leverage_divides(scenario, ask) if ask == "return" else None


@mistake("You used the leverage twice: the price move times it is already measured on what you put up (R20).")
def return_times_leverage(scenario: Scenario, ask: str) -> Decimal | None:
    """The return, times leverage once more."""
    return leverage_multiplies(scenario, ask) if ask == "return" else None


@mistake("You measured it on your whole balance. Put up is only the cost divided by the leverage (R20).")
def return_on_the_balance(scenario: Scenario, ask: str) -> Decimal | None:
    """Profit in percent of the balance."""
    found = _open(scenario)
    if not found or ask != "return":
        return None
    return rounded((found[0].equity - found[0].trade_balance) / found[0].trade_balance * 100, 4)


@mistake("That is the amount in the quote currency. Divide it by the coin's price, less the fee (R16, A1).")
def left_in_the_quote_currency(scenario: Scenario, ask: str) -> Decimal | None:
    """What a deduction covers, instead of what is taken."""
    take = _one_take(scenario, ask)
    return take.covers if take else None


@mistake("You took the middle fee for all. 2.5 % is for BTC or ETH to and from cash; a stablecoin is not cash (R16).")
def middle_fee_for_all(scenario: Scenario, ask: str) -> Decimal | None:
    """Every conversion costs what BTC to cash costs."""
    fees = replay(scenario).final.rulebook.conversion_fees
    middle = fees["btc_eth_cash"]
    return number(changed(scenario, rules={"conversion_fees": ConversionFees(cash_cash=middle, other=middle)}), ask)


@mistake("That is what gets covered. What stays unpaid is the loss less that (A5).")
def covered_instead(scenario: Scenario, ask: str) -> Decimal | None:
    """The sum of what the balances cover."""
    if ask != "unpaid":
        return None
    return sum((take.covers for r in replay(scenario).realised for take in r.cascade), ZERO)


@mistake("You took the balances one for one. Each is worth its amount at its own price (A2).")
def one_for_one(scenario: Scenario, ask: str) -> Decimal | None:
    """Every price of a cash currency is 1."""
    cash = replay(scenario).final.rulebook.cash
    traded = {r.position.pair for r in replay(scenario).realised}
    alike = {
        pair: Decimal(1) if set(pair.split("/")) <= cash and pair not in traded else price
        for pair, price in scenario.prices.items()
    }
    return number(changed(scenario, prices=alike), ask)


@mistake("That is the fee of the first conversion only. The next balance is converted as well (R13, R16).")
def first_conversion_only(scenario: Scenario, ask: str) -> Decimal | None:
    """Stop after one conversion."""
    fees = [take.fee for r in replay(scenario).realised for take in r.cascade if take.fee]
    return fees[0] if ask == "conversion_fees" and len(fees) > 1 else None


@mistake("That is the later lot alone. The first one ended too, and its result counts (R8, R12).")
def last_lot_only(scenario: Scenario, ask: str) -> Decimal | None:
    """Only the youngest of the lots that ended counts."""
    realised = replay(scenario).realised
    return realised[-1].pnl if ask == "pnl" and len(realised) > 1 else None


@mistake("That is what goes. What stays open is the rest of the lot (R8).")
def gone_instead(scenario: Scenario, ask: str) -> Decimal | None:
    """The ended part of a lot instead of the open one."""
    name, _, lot = ask.partition(":")
    if name != "left" or not lot.isdigit():
        return None
    volume = list(openings(scenario).values())[int(lot) - 1].volume
    left = number(scenario, ask)
    return None if left is None else volume - left


@mistake("You took the fee on what is covered. It is taken from what is converted: covered ÷ (1 − fee) (R16, A1).")
def fee_of_what_is_covered(scenario: Scenario, ask: str) -> Decimal | None:
    """Fee = covered x rate."""
    if ask != "conversion_fees":
        return None
    return sum((take.covers * take.fee_rate for r in replay(scenario).realised for take in r.cascade), ZERO)
