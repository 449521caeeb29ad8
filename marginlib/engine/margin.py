"""Trade balance, equity, used and free margin, margin level (B1 to B3)."""

from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction

from marginlib.engine.account import Position, State
from marginlib.engine.amounts import EXACT, ZERO, fraction_up, plain, rounded
from marginlib.engine.derivation import fraction, named
from marginlib.engine.errors import Refusal
from marginlib.engine.practice import BY_THE_RULES, Practice


@dataclass(frozen=True, slots=True)
class Margin:
    """The margin summary, exact, in one currency; the level in percent, None with nothing open.

    >>> Margin("EUR", Fraction(100), Fraction(90), Fraction(60)).level
    Fraction(150, 1)
    """

    currency: str
    trade_balance: Fraction
    equity: Fraction
    used_margin: Fraction
    practice: Practice = field(default=BY_THE_RULES, compare=False, repr=False)

    @property
    def free_margin(self) -> Fraction:
        """Equity minus used margin (B3)."""
        return named(self.practice.free(self.equity, self.used_margin), "free margin", ("B3",))

    @property
    def level(self) -> Fraction | None:
        """Equity in percent of used margin (B3)."""
        if not self.used_margin:
            return None
        return named(self.practice.level(self.equity, self.used_margin), "margin level", ("B3",))


def unrealised(state: State, position: Position) -> Decimal:
    """What closing now would gain or lose before fees, in QUOTE (B1)."""
    gain = state.rulebook.practice.so_far(position, state.prices[position.pair])
    return named(gain, "profit or loss so far, position {}", ("B1",), of=position.id)


def put_up(position: Position) -> Fraction:
    """The equity that opening a position ties up: cost / leverage, in QUOTE (R20).

    >>> put_up(Position(1, "BTC/USD", "short", Decimal(1), Decimal(60000), Decimal(3), Decimal(0)))
    Fraction(20000, 1)
    """
    return _put_up(position, BY_THE_RULES)


def _put_up(position: Position, practice: Practice) -> Fraction:
    return named(practice.put_up(position), "equity put up", ("R20",))


def return_on_put_up(state: State, position: Position) -> Fraction:
    """What closing now would gain or lose before fees, as a share of the equity put up (R20)."""
    with localcontext(EXACT):
        measured_on = _put_up(position, state.rulebook.practice)
        return named(fraction(unrealised(state, position)) / measured_on, "gain on what was put up", ("R20",))


def margin(state: State, currency: str) -> Margin:
    """The margin summary of a state, valued in a currency at current prices (A2).

    A long's used margin stays at opening cost / leverage; a short's moves with the price (B2). What is unpaid
    counts against equity (A5).

    Raises:
        Refusal: ``missing_price``, when something can't be valued.
    """
    rulebook, practice = state.rulebook, state.rulebook.practice
    trade_balance = Fraction(0)
    for code, amount in state.balances.items():
        if amount and code in rulebook.collateral_order:
            value = practice.collateral(state, code, amount, currency)
            trade_balance += named(value, "your {} as collateral", ("B1",), of=code)
    gains: dict[str, Decimal] = {}  # added up before they are converted: fractions are slow
    tied_up: dict[tuple[str, Decimal], Decimal] = {}
    for pair, lots in state.positions.by_pair:
        quote, price, side = pair.partition("/")[2], state.prices[pair], lots[0].side
        gain = named(practice.open_result(lots, price), "profit or loss so far in {}", ("B1",), of=pair)
        gains[quote] = gains.get(quote, ZERO) + gain
        for leverage, (volume, cost) in lots.leverages.items():
            alike = (quote, leverage)
            tied_up[alike] = tied_up.get(alike, ZERO) + practice.backed(side, volume, cost, price)
    trade_balance = named(trade_balance, "trade balance", ("B1",))
    equity = trade_balance + sum(state.rate(quote, currency).of(gain) for quote, gain in gains.items())
    used = sum(
        (practice.share(state.rate(quote, currency).of(cost), leverage) for (quote, leverage), cost in tied_up.items()),
        Fraction(0),
    )
    for code, amount in state.unpaid.items():
        equity -= state.rate(code, currency).of(amount)
    equity, used = named(equity, "equity", ("B1",)), named(used, "used margin", ("B2",))
    return Margin(currency, trade_balance, equity, used, practice)


def require_level(state: State, currency: str, doing: str, rules: tuple[str, ...]) -> None:
    """Refuse what leaves the margin level below 100 %, where the rulebook asks for it (B4, B9).

    Raises:
        Refusal: ``insufficient_margin`` or ``missing_price``.
    """
    if not (state.rulebook.initial_margin_check and state.positions):
        return
    after = margin(state, currency)
    least = after.used_margin * fraction(state.rulebook.opening_level) / 100
    if after.equity < least:
        lacking, level = least - after.equity, after.level or Fraction(0)
        short = fraction_up(lacking, state.rulebook.places(currency))
        digits = next((d for d in range(2, 20) if rounded(level, d) < state.rulebook.opening_level), 20)
        raise Refusal(
            "insufficient_margin",
            f"{doing} would leave a margin level of {plain(rounded(level, digits))} %, below "
            f"{plain(state.rulebook.opening_level)} %: equity is {plain(short)} {currency} short of the used margin.",
            rules,
            (currency, lacking),
        )
