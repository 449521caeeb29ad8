"""The ledger on its screen: zoomed, opened, asked; a file of one's own is read where it is, and is kept nowhere."""

import gzip
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, expect

from browser import axe
from browser.lab import Lab, notebook, until
from browser.site import Opened, Site
from browser.stand import standing
from marginlib.lessons.ledger.book import YourLedger

pytestmark = pytest.mark.browser

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "08_read_your_own_ledger.ipynb"
SECRET = "TSECRT-PRIVA-TEROWS"
HEAD = '"txid","refid","time","type","subtype","aclass","asset","amount","fee","balance"'
OWN = f"""{HEAD}
"L1","{SECRET}","2026-01-05 08:00:00","margin","","currency","EUR",0.0000,4.3210,995.6790
"L2","{SECRET}","2026-01-05 12:00:00","rollover","","currency","EUR",0.0000,0.2500,995.4290
"L3","TCLOSE","2026-01-05 15:30:00","margin","","currency","EUR",-31.5000,4.1000,959.8290
"L4","Q<b>1</b>","2026-01-06 10:00:00","deposit","","currency","EUR",100.0000,0.0000,1100.0000
"""


def payload(name: str, data: str | bytes) -> FilePayload:
    return {"name": name, "mimeType": "text/csv", "buffer": data.encode() if isinstance(data, str) else data}


def give(page: Page, name: str, data: str | bytes) -> None:
    page.get_by_label("Read a ledger of your own").set_input_files(payload(name, data))


def where(page: Page) -> str:
    return page.locator(".ml-where").inner_text()


def test_the_time_is_zoomed_by_button_key_wheel_and_drag(chrome: Browser) -> None:
    with standing(chrome, YourLedger()) as page:
        whole = where(page)
        seen = {whole}

        def moves() -> None:
            until(lambda: where(page) not in seen, "another time is shown")
            seen.add(where(page))

        page.get_by_role("button", name="Closer").click()
        moves()
        page.locator(".ml-figures .mw-figure").last.focus()
        page.keyboard.press("ArrowRight")
        moves()
        page.keyboard.press("+")
        moves()
        page.keyboard.press("0")
        until(lambda: where(page) == whole, "all of it again")
        box = page.locator(".ml-figures").bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.keyboard.down("Control")
        page.mouse.wheel(0, -300)
        page.keyboard.up("Control")
        moves()
        page.mouse.down()
        page.mouse.move(x - 120, y, steps=6)
        page.mouse.up()
        moves()
        page.get_by_role("button", name="All of it").click()
        until(lambda: where(page) == whole, "all of it again")


def days(page: Page) -> int:
    """How many days are shown, where they are so many that only days are named."""
    if ":" in (text := where(page)):
        return 0
    first, last = (datetime.strptime(each, "%d %b %Y").replace(tzinfo=UTC) for each in text.split(" to "))
    return (last - first).days


def test_a_trackpads_pinch_zooms_little_by_little_and_sideways_nothing(chrome: Browser) -> None:
    with standing(chrome, YourLedger()) as page:
        whole = where(page)
        box = page.locator(".ml-figures").bounding_box()
        assert box
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60)
        page.keyboard.down("Control")
        page.mouse.wheel(40, 0)
        for _ in range(10):
            page.mouse.wheel(0, -4)  # px, of which 50 halve the time: 17 days are a little less than 10
        until(lambda: 8 <= days(page) <= 11, f"somewhat closer than {whole}")
        for _ in range(10):
            page.mouse.wheel(0, -120)  # a notch, which does no more than a step
        until(lambda: ":" in where(page), "a day")
        page.keyboard.up("Control")


def test_two_fingers_zoom_and_the_page_does_not(chrome: Browser) -> None:
    with standing(chrome, YourLedger(), width=390, has_touch=True) as page:
        whole = where(page)
        box = page.locator(".ml-figures").bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + 80
        session = page.context.new_cdp_session(page)

        def fingers(kind: str, *apart: float) -> None:
            points = [{"x": x + side * far, "y": y, "id": at} for far in apart for at, side in enumerate((-1, 1))]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        fingers("touchStart", 30)
        for far in range(35, 115, 10):
            fingers("touchMove", far)
        fingers("touchEnd")
        until(lambda: where(page) not in (whole, ""), "closer")
        assert page.evaluate("visualViewport.scale") == 1
        fingers("touchStart", 110)
        for far in range(100, 20, -10):
            fingers("touchMove", far)
        fingers("touchEnd")
        until(lambda: where(page) == whole, "all of it again")


def test_the_prose_names_the_buttons_as_they_look(chrome: Browser) -> None:
    said = "".join(json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"][5]["source"])
    assert "Press **+** (closer)" in said
    with standing(chrome, YourLedger()) as page:
        expect(page.get_by_role("button", name="Closer", exact=True)).to_have_text("+")


def test_the_list_follows_the_time_that_is_shown(chrome: Browser) -> None:
    book = YourLedger()
    with standing(chrome, book) as page:
        count = len(book.state()["_shown"]["chapters"])
        expect(page.locator(".ml-count")).to_contain_text(f"All {count} events")
        for _ in range(3):
            page.get_by_role("button", name="Closer").click()
        until(lambda: f" of {count} events" in page.locator(".ml-count").inner_text(), "fewer are listed")


def test_a_mark_opens_what_it_belongs_to_and_rules_open_their_cards(chrome: Browser) -> None:
    book = YourLedger()
    with standing(chrome, book) as page:
        shown = book.state()["_shown"]
        lanes = shown["view"]["figures"][-1]["layout"]
        at, lane, chapter = next(each for each in shown["marks"] if each[1] == 1)  # the lowest lane has room
        box = page.locator(".ml-figures .mw-figure").last.bounding_box()
        assert box
        left, right = lanes["margin"]["l"], lanes["margin"]["r"]
        first, last = shown["span"]
        share = ((at - first) / (last - first) + 0.02) / 1.04
        low, high = lanes["yaxis"]["range"]
        pixel = (lanes["height"] - lanes["margin"]["t"] - lanes["margin"]["b"]) / (high - low)
        place = box["x"] + left + share * (box["width"] - left - right)
        page.mouse.click(place, box["y"] + lanes["margin"]["t"] + (high - lane) * pixel)
        expect(page.locator(".ml-chapter[aria-expanded=true]")).to_have_count(1)
        assert book.state()["_shown"]["opened"]["id"] == chapter
        page.locator(".ml-rows .mw-rule").first.click()
        expect(page.locator(".mw-rule-card")).to_be_visible()


def test_a_position_is_opened_by_key_and_its_rows_keep_the_balance_rule(chrome: Browser) -> None:
    with standing(chrome, YourLedger()) as page:
        position = page.locator(".ml-chapter", has_text="A position").first
        position.focus()
        page.keyboard.press("Enter")
        expect(position).to_have_attribute("aria-expanded", "true")
        expect(position).to_be_focused()
        rows = page.locator(".ml-life > .ml-rows > .ml-row")
        assert rows.count() >= 3
        for row in rows.all():
            found = {
                each.locator("dt").inner_text(): each.locator("dd").inner_text()
                for each in row.locator("dl").first.locator(":scope > div").all()
            }
            if "before" in found:
                before, amount, fee, after = (
                    float(found[name].replace(",", "").replace("−", "-"))
                    for name in ("before", "amount", "fee", "balance")
                )
                assert abs(before + amount - fee - after) < 1e-9
        page.keyboard.press("Enter")
        expect(page.locator(".ml-life")).to_have_count(0)


def test_the_fees_that_one_did_not_expect_are_looked_for(chrome: Browser) -> None:
    book = YourLedger()
    with standing(chrome, book) as page:
        page.get_by_role("button", name="Find the fees").click()
        page.locator(".ml-chapter", has_text="A position").first.click()
        page.get_by_role("button", name="I didn’t expect this fee").first.click()
        expect(page.locator(".ml-said")).to_have_attribute("data-right", "false")
        expect(page.locator(".ml-said")).to_contain_text("was to be expected")
        page.get_by_role("button", name="Show all").click()
        page.locator(".ml-chapter", has_text="23 rollovers").click()
        row = page.locator(".ml-row", has_text="11.0277").first
        row.get_by_role("button", name="I didn’t expect this fee").click()
        expect(page.locator(".ml-said")).to_have_attribute("data-right", "true")
        expect(page.locator(".ml-said")).to_contain_text("11.0277 USD were taken instead")
        expect(page.locator(".ml-found").first).to_be_visible()


@pytest.mark.parametrize("form", ["plain", "zip", "gzip"])
def test_a_file_of_ones_own_is_shown_and_is_no_part_of_the_state(chrome: Browser, form: str) -> None:
    book = YourLedger()
    data: bytes = OWN.encode()
    if form == "zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("ledgers.csv", OWN)
        data = packed.getvalue()
    if form == "gzip":
        data = gzip.compress(data)
    with standing(chrome, book) as page:
        give(page, "mine.csv", data)
        expect(page.locator(".ml-title")).to_contain_text("1 position")
        expect(page.locator(".ml-source")).to_contain_text("Your file mine.csv")
        page.locator(".ml-chapter", has_text="A position").click()
        expect(page.locator(".ml-life")).to_contain_text(SECRET)
        expect(page.locator(".ml-flag", has_text="add up")).to_have_count(1)
        page.locator("summary", has_text="add up").click()
        expect(page.locator(".ml-fold li")).to_contain_text(["1,100"])
        assert page.locator(".ml-book b").count() == 0, "what a file says stays text"
        kept = json.dumps(book.state()) + "".join(book.still()) + repr(book)
        for private in (SECRET, "mine.csv", "4.321", "995"):
            assert private not in kept, private
        page.get_by_role("button", name="Back to the sample").click()
        expect(page.locator(".ml-source")).to_contain_text("A sample")


def test_what_is_no_ledger_gets_its_sentence_and_what_was_shown_stays(chrome: Browser) -> None:
    with standing(chrome, YourLedger()) as page:
        title = page.locator(".ml-title").inner_text()
        give(page, "trades.csv", '"txid","ordertxid","pair","time","type","ordertype","price","cost","fee","vol"\n')
        expect(page.locator(".ml-alert")).to_contain_text("trades.csv can't be shown:")
        expect(page.locator(".ml-title")).to_have_text(title)
        give(page, "mine.csv", OWN)
        expect(page.locator(".ml-title")).to_contain_text("1 position")
        expect(page.locator(".ml-alert")).to_be_hidden()


def test_a_large_file_goes_over_in_parts_and_is_zoomed_by_python(chrome: Browser) -> None:
    lines = [HEAD]
    balance = 100_000
    for at in range(6000):
        balance -= 1
        day, hour = divmod(at, 24)
        month, day = divmod(day, 28)
        time = f"{2020 + month // 12}-{month % 12 + 1:02}-{day + 1:02} {hour:02}:00:00"
        lines.append(f'"L{at}-{hash(at) % 9973}","T{at // 7}","{time}","rollover","","currency","EUR",0,1,{balance}')
    book = YourLedger()
    with standing(chrome, book) as page:
        give(page, "long.csv", "\n".join(lines))
        expect(page.locator(".ml-title")).to_contain_text("positions", timeout=30_000)
        expect(page.locator(".ml-count")).to_contain_text("of 858")
        page.get_by_role("button", name="Closer").click()
        page.get_by_role("button", name="Closer").click()
        until(lambda: page.evaluate("true") and book._looked.window is not None, "Python hears what is looked at")


OUTSIDE = """() => {
  const card = document.querySelector(".ml-book").getBoundingClientRect();
  const parts = [...document.querySelectorAll(".ml-book :is(button, select, input, p, li, dd, h3, span)")];
  const seen = parts.map((each) => [each, each.getBoundingClientRect()]).filter(([, { width }]) => width > 1);
  return seen.filter(([, { right }]) => right > card.right + 1).map(([each]) => `${each.tagName} ${each.textContent}`);
}"""


def test_all_of_it_is_in_reach_on_a_phone(chrome: Browser) -> None:
    """336 px: a phone of 360 px, less the page's margin."""
    with standing(chrome, YourLedger(), width=336, has_touch=True) as page:
        page.locator(".ml-chapter", has_text="A position").first.click()
        expect(page.locator(".ml-life")).to_be_visible()
        assert page.evaluate(OUTSIDE) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 336


@pytest.mark.parametrize("dark", [False, True])
def test_it_is_accessible(chrome: Browser, dark: bool) -> None:
    with standing(chrome, YourLedger(), dark=dark) as page:
        page.locator(".ml-chapter", has_text="A position").first.click()
        expect(page.locator(".ml-life")).to_be_visible()
        page.evaluate("for (const fold of document.querySelectorAll('.ml-book details')) fold.open = true")
        assert axe.found(page, ".ml-book") == []


def test_in_a_notebook_that_is_saved_there_is_nothing_of_a_private_file(
    chrome: Browser, lab: Lab, folder: Path
) -> None:
    name = "ledger_of_ones_own.ipynb"
    (folder / "mine.csv").write_text(OWN, encoding="utf-8")
    cells = ("from marginlib.lessons import YourLedger\n\nbook = YourLedger()\nbook", 'YourLedger("mine.csv")')
    (folder / name).write_text(notebook(*cells), encoding="utf-8")
    opened = lab.open(chrome, name)
    asked: list[str] = []
    opened.page.context.on("request", lambda request: asked.append(request.url))
    opened.run_all()
    page = opened.page
    expect(page.locator(".ml-title")).to_have_count(2, timeout=30_000)
    expect(page.locator(".ml-title").nth(1)).to_contain_text("1 position")
    page.get_by_label("Read a ledger of your own").first.set_input_files(payload("upload.csv", OWN))
    expect(page.locator(".ml-title").first).to_contain_text("1 position", timeout=30_000)
    assert opened.execute("", "len(book.ledger.entries)") == 4
    page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    until(lambda: "slot" in (folder / name).read_text(encoding="utf-8"), "it is saved", 30)
    saved = (folder / name).read_text(encoding="utf-8")
    assert SECRET not in saved
    assert "995.67" not in saved
    assert "nothing of it is saved here" in saved
    away = [each for each in asked if not each.startswith((lab.address, "blob:", "data:"))]
    assert away == []
    assert not any(SECRET in each for each in asked)
    assert opened.complaints == []
    page.context.close()


def test_on_a_page_of_the_site_a_file_is_read_and_no_host_hears_of_it(visitor: BrowserContext, site: Site) -> None:
    opened = Opened(visitor, f"{site.address}08_read_your_own_ledger.html")
    sent: list[str] = []
    opened.page.on("request", lambda request: sent.append(request.method))
    opened.until_ready()
    page = opened.page
    page.get_by_role("button", name="Skip, and see").click()
    expect(page.locator(".ml-title")).to_contain_text("9 positions")
    before = len(site.asked)
    give(page, "mine.csv", OWN)
    expect(page.locator(".ml-title")).to_contain_text("1 position", timeout=30_000)
    page.locator(".ml-chapter", has_text="A position").click()
    expect(page.locator(".ml-life")).to_contain_text(SECRET)
    page.wait_for_timeout(1000)  # ms in which it could have been told
    assert all(each.startswith(site.address) for each in site.asked[before:])
    assert not any(SECRET in each for each in site.asked)
    assert set(sent) <= {"GET"}
    assert opened.complaints == []
    page.close()
