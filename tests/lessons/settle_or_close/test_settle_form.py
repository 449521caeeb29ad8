"""The copy of the settle form: right steps lead through, wrong ones get their own sentence."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from reckoning import leaves, reckoned
from shown import amounts, read

from marginlib.lessons import SettleForm
from marginlib.lessons.settle_or_close.settle_form import STEPS, TASKS
from marginlib.telling.why import why

EVERY = pytest.mark.parametrize("task", range(len(TASKS)))


def said(form: SettleForm) -> str:
    return str(form._shown["said"])


def done(form: SettleForm) -> list[bool]:
    return [ready for _, ready in form._shown["steps"]]


def led_through(form: SettleForm, quantity: str) -> SettleForm:
    form.pick(1)
    form.choose("settle-position")
    form.fill(quantity)
    form.press()
    return form


@EVERY
def test_the_four_steps_settle_what_the_task_asks(task: int) -> None:
    """R3, R4: the balances afterwards are the engine's; nothing was traded."""
    form, wanted = SettleForm(task), TASKS[task]
    before = form._opened.final.balances
    led_through(form, wanted.volume)
    after = form._opened.final.balances
    volume = Decimal(wanted.volume)
    sign = 1 if wanted.side == "long" else -1

    assert form.done
    assert done(form) == [True] * 4
    assert said(form).startswith("Done. You settle ")
    assert after["BTC"] - before.get("BTC", 0) == sign * volume
    assert after["EUR"] - before["EUR"] == -sign * volume * 50000
    assert form.order == {
        "ordertype": "settle-position",
        "type": "buy" if wanted.side == "long" else "sell",
        "pair": "XBTEUR",
        "volume": wanted.volume,
        "leverage": "5",
    }
    assert json.loads(form._shown["order"]) == form.order


def test_the_steps_are_ticked_one_by_one() -> None:
    form = SettleForm(1)
    seen = [done(form)]
    form.pick(1)
    seen.append(done(form))
    form.choose("settle-position")
    seen.append(done(form))
    form.fill("0.5")
    seen.append(done(form))
    form.press()
    seen.append(done(form))

    assert seen == [[True] * at + [False] * (4 - at) for at in range(5)]
    assert [text for text, _ in form._shown["steps"]] == list(STEPS)


def test_the_other_position_is_the_wrong_one() -> None:
    """R18."""
    form = SettleForm()
    form.pick(1)
    form.pick(2)

    assert form._shown["picked"] is None
    assert "R18" in said(form)
    assert form._shown["right"] is False


@pytest.mark.parametrize("kind", ["market", "limit", "stop-loss", "take-profit"])
@pytest.mark.parametrize(("task", "verb", "button"), [(0, "sells", "Sell 1 BTC"), (2, "buys back", "Buy 1 BTC")])
def test_another_type_of_order_would_close(kind: str, task: int, verb: str, button: str) -> None:
    """R9: and the button shows the opposite side."""
    form = SettleForm(task)
    form.pick(1)
    form.choose(kind)
    form.fill("1")
    form.press()

    assert not form.done
    assert verb in said(form)
    assert "R9" in said(form)
    assert form._shown["button"] == button


@pytest.mark.parametrize(("task", "button", "buys"), [(0, "Settle: buy 1 BTC", True), (2, "Settle: sell 1 BTC", False)])
def test_the_settle_button_has_the_side_of_the_opening(task: int, button: str, buys: bool) -> None:
    """R19."""
    form = SettleForm(task)
    form.pick(1)
    form.choose("settle-position")
    assert "R19" in said(form)
    form.fill("1")

    assert (form._shown["button"], form._shown["buys"]) == (button, buys)


@pytest.mark.parametrize("quantity", ["", "half", "0", "-1", "nan", "Infinity", "1e99", "0.000000001", "0.5 ETH"])
def test_what_is_no_quantity_is_asked_for_again(quantity: str) -> None:
    form = led_through(SettleForm(), quantity)

    assert not form.done
    assert said(form) == "Type how much to settle, in BTC, such as 0.25."


@pytest.mark.parametrize(
    ("quantity", "meant"), [("0,5", "0.5"), ("0,500", "0.500"), ("0,5 BTC", "0.5"), (",25", "0.25"), ("1,0", "1.0")]
)
def test_a_comma_for_a_decimal_point_is_refused_with_what_works(quantity: str, meant: str) -> None:
    """Else it would be ten times as much, or more."""
    form = SettleForm()
    form.pick(1)
    form.choose("settle-position")
    form.fill(quantity)
    for _ in range(2):
        assert said(form).startswith("Write decimals with a point and thousands with a comma, such as 1,234.50. For ")
        assert said(form).endswith(f" write {meant}.")
        assert "… BTC" in form._shown["button"]
        form.press()
    form.fill(meant)
    assert f"{Decimal(meant).normalize()} BTC" in form._shown["button"]


def test_more_than_is_open_is_refused() -> None:
    """A6."""
    form = led_through(SettleForm(), "1.5")

    assert not form.done
    assert re.match(r"Refused\. The order is for 1\.5, but only 1 is open.*\(A6", said(form))


def test_too_little_to_settle_names_the_ways_out() -> None:
    """R6: then as much as can be settled."""
    form = led_through(SettleForm(4), "1")
    assert "the balance is 0.4 BTC. Deposit 0.6 BTC first, or settle at most 0.4 BTC (R6)" in said(form)

    form.fill("0.4")
    form.press()
    assert form.done


def test_a_part_where_all_was_asked_is_named() -> None:
    """R2."""
    form = led_through(SettleForm(), "0.25")

    assert not form.done
    assert "0.25 BTC; here it is to be 1 BTC" in said(form)


def test_the_button_without_a_form() -> None:
    form = SettleForm()
    form.press()

    assert "press the ✕ of the position first" in said(form)


def test_another_task_and_starting_again_put_everything_back() -> None:
    form = led_through(SettleForm(), "1")
    form.task = 3
    assert (form.done, form.order, form._shown["picked"], form._shown["order"]) == (False, {}, None, "")
    assert form._shown["task"] == TASKS[3].text
    led_through(form, "0.5")
    form.receive({"kind": "again"})
    assert not form.done
    assert done(form) == [False] * 4
    with pytest.raises(ValueError, match=r"^task: expected a number from 0 to 4, got 5$"):
        form.task = 5


def test_who_observes_hears_when_it_is_done_and_when_another_task_begins() -> None:
    form, heard = SettleForm(), list[tuple[str, object, object]]()
    form.observe(lambda change: heard.append((change.name, change.old, change.new)))
    form.task = 1
    led_through(form, "0.5")
    form.start()
    with pytest.raises(ValueError, match="from 0 to"):
        form.task = 9

    assert heard == [("task", 0, 1), ("done", False, True), ("done", True, False)]


def test_what_the_browser_sends_is_what_is_done() -> None:
    form = SettleForm()
    messages: list[dict[str, Any]] = [
        {"kind": "pick", "id": 1},
        {"kind": "choose", "type": "settle-position"},
        {"kind": "fill", "quantity": "1"},
        {"kind": "press"},
    ]
    for message in messages:
        form.receive(message)
    assert form.done

    for message in [{}, {"kind": "pick", "id": "1"}, {"kind": "choose", "type": "nothing"}, {"kind": "fill"}]:
        form.receive(message)
    assert form.done


def test_a_position_that_is_gone_can_not_be_picked() -> None:
    form = led_through(SettleForm(), "1")
    form.pick(1)

    assert said(form) == "There is no position 1."


@EVERY
def test_everything_shown_is_plain_data(task: int) -> None:
    form = led_through(SettleForm(task), TASKS[task].volume)

    assert json.loads(json.dumps(form._shown, allow_nan=False)) == form._shown


def test_a_reader_without_a_kernel_gets_the_steps_in_words() -> None:
    data, _ = SettleForm(1)._repr_mimebundle_()

    assert all(step in data["text/html"] for step in STEPS)
    assert data["text/plain"] == "SettleForm(long, half of it)"


@pytest.mark.parametrize("task", ["x", 1.5, True, None, 5, -1])
def test_a_task_that_there_is_not_is_refused_with_a_sentence(task: Any) -> None:
    with pytest.raises(ValueError, match=r"^task: expected a number from 0 to 4, got "):
        SettleForm(task)


def texts(form: SettleForm) -> Iterator[tuple[str, str]]:
    """All that the form says in which amounts may be."""
    yield from (("words", form._shown[name]) for name in ("task", "balances", "said"))
    for position in form._shown["positions"]:
        yield from (("table", cell) for cell in position["cells"])


def ask(form: SettleForm, **wanted: Any) -> dict[str, Any]:
    ((answer, _),) = form.receive({"kind": "why", "key": "view:1", **wanted})
    assert answer["key"] == "view:1"
    return answer


@EVERY
@pytest.mark.parametrize("quantity", ["", "right", "0.5", "1.00"])
def test_every_amount_of_the_form_comes_from_the_setting_or_from_what_was_typed(task: int, quantity: str) -> None:
    form = SettleForm(task)
    if quantity:
        led_through(form, TASKS[task].volume if quantity == "right" else quantity)
    shown = amounts(texts(form))
    before = form.state()
    assert ask(form, texts=shown)["texts"] == shown
    assert form.state() == before
    for text in shown:
        number, places = read(text)
        for how in why(text, form._reasons.heard):
            assert abs(abs(reckoned(how)) - number) * 2 <= Fraction(1, 10**places)
            for leaf in leaves(how):
                assert leaf.how == "constant" or leaf.source in (
                    "given: the lesson's setting",
                    "given: the task",
                    "you typed it: Quantity, BTC",
                )


def test_a_balance_after_a_settlement_names_its_ledger_row_and_what_was_typed() -> None:
    form = led_through(SettleForm(1), "0.5")
    lines = ask(form, text="35,000.00 EUR")["lines"]
    told = [line["line"].replace("\N{NO-BREAK SPACE}", " ") for line in lines]
    assert told[0] == "35,000.00 EUR your EUR = 60,000.00 EUR your EUR at the start − 25,000.00 EUR paid back"
    assert "Ledger: step 3, settled, position 1, EUR: obligation" in [line["row"] for line in lines]
    assert "you typed it: Quantity, BTC" in [line["source"] for line in lines]


def test_what_is_no_more_on_the_form_is_not_told_of_another_task() -> None:
    form = led_through(SettleForm(1), "0.5")
    assert ask(form, texts=["35,000.00 EUR"])["texts"] == ["35,000.00 EUR"]
    form.task = 2
    assert ask(form, texts=["35,000.00 EUR", "1.2 BTC"])["texts"] == ["1.2 BTC"]
