"""A class of 30: two in JupyterLab, two on the site, the others by the messages of both; their codes make the table."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from classroom import CLASS, WHOLE, Did, InNotebook, OnPage, expected, plans, play, right, tabled
from exercising import written
from playwright.sync_api import Browser, Locator, expect

from browser.lab import Lab, appears, notebook, until
from browser.learner import answer
from browser.site import Opened, Site
from marginlib.classes import sheet as sheets
from marginlib.classes.file import Exercise, read_exercise
from marginlib.classes.items import Setting
from marginlib.quiz.question import Question
from marginlib.telling.on_page import written as on_page

pytestmark = pytest.mark.browser

IN_LAB, ON_SITE, ABSENT = ("student-04", "student-11"), ("student-22", "student-29"), "student-13"
COMES = 90_000  # ms: Python is fetched and started


def reads(what: Locator, text: str) -> None:
    """Wait until it says this; asked often, for a class has much to be waited for."""
    until(lambda: what.all_text_contents() == [text], f"it says {text}", 15)


def play_by_hand(sheet: Locator, exercise: Exercise, student: str, did: Sequence[Did], *, by_key: bool) -> str:
    """Have a student do it on a screen; returns the code that stands there at the end."""
    name = sheet.get_by_label("Your name or number")
    name.fill(student)
    name.press("Enter")
    for at, (asked, each) in enumerate(zip(exercise.asked(student), did, strict=True)):
        step = sheet.locator(".mx-steps button").nth(at)
        step.click()
        card = sheet.locator(".mq-card")
        reads(card.locator(".mq-lead"), f"Question {at + 1} of {len(did)}")
        reads(card.locator(".mq-text"), on_page(asked.text))
        if each.helped:
            card.get_by_role("button", name="Show the way").click()
            appears(card.locator(".mq-way li").first)
        for given in each.given:
            if isinstance(asked, Setting):
                for label, value in given.items():
                    box = sheet.locator(".mx-panel .mw-row", has_text=label).locator(".mw-box").first
                    box.fill(str(value))
                    box.press("Enter")
                card.get_by_role("button", name="Check this state").click()
            else:
                assert isinstance(asked, Question)
                answer(card, asked, given if isinstance(given, list) else [given], by_key=by_key)
            became = "right" if given == right(asked) else "wrong"
            appears(card.locator(f".mq-{became}"))
            appears(step.and_(sheet.locator(f"[data-became={became}]")))
    sheet.get_by_role("button", name="Hand in").click()
    confirm = sheet.locator(".mx-confirm").get_by_role("button", name="Hand in")
    if confirm.is_visible():
        confirm.click()
    appears(sheet.locator(".mx-code"))
    return sheet.locator(".mx-code").inner_text()


class InLab:
    """A notebook for two students, each with a cell of its own: one opens the file, the other the link under a name."""

    def __init__(self, lab: Lab, chrome: Browser, folder: Path, exercise: Exercise) -> None:
        written(folder, WHOLE, "a_class.toml")
        self.exercise = exercise
        (folder / "a_class.ipynb").write_text(notebook("from marginlib import exercise\nexercise('a_class.toml')"))
        self.opened = lab.open(chrome, "a_class.ipynb")

    def play(self, student: str, did: Sequence[Did], *, by_key: bool) -> str:
        """The student's code."""
        self.opened.run_all()
        sheet = self.opened.page.locator(".mx-sheet")
        appears(sheet.get_by_label("Your name or number"))
        code = play_by_hand(sheet, self.exercise, student, did, by_key=by_key)
        assert self.opened.complaints == []
        return code

    def next_cell(self) -> None:
        """What the first student did is forgotten, and the cell has the link."""
        self.opened.execute("from marginlib.classes import sheet\nsheet.forget()")
        self.opened.page.evaluate(
            "(source) => jupyterapp.shell.currentWidget.content.activeCell.model.sharedModel.setSource(source)",
            f"exercise({self.exercise.link()!r})",
        )


def on_site(opened: Opened, exercise: Exercise, student: str, did: Sequence[Did], *, by_key: bool) -> str:
    """The code of a student on a page that was opened by the link."""
    sheet = opened.page.locator(".mx-sheet")
    expect(sheet).to_be_visible(timeout=COMES)
    code = play_by_hand(sheet, exercise, student, did, by_key=by_key)
    assert opened.complaints == []
    opened.page.close()
    return code


def by_hand(
    lab: Lab, site: Site, chrome: Browser, folder: Path, exercise: Exercise, did: dict[str, list[Did]]
) -> dict[str, str]:
    """The codes of those who have a screen: two share a notebook, two a computer on which they open the link.

    While one works, the page of the next one gets ready.
    """
    (first, second), (third, fourth), link = IN_LAB, ON_SITE, exercise.link(site.address)
    context, codes = site.context(chrome), {}
    page = Opened(context, link)
    shared = InLab(lab, chrome, folder, exercise)
    codes[first] = shared.play(first, did[first], by_key=False)
    codes[third] = on_site(page, exercise, third, did[third], by_key=True)
    page = Opened(context, link)
    shared.next_cell()
    codes[second] = shared.play(second, did[second], by_key=True)
    codes[fourth] = on_site(page, exercise, fourth, did[fourth], by_key=False)
    shared.opened.page.context.close()
    context.close()
    return codes


def test_a_class_of_30(chrome: Browser, lab: Lab, site: Site, folder: Path, tmp_path: Path) -> None:
    file = written(tmp_path, WHOLE)
    exercise = read_exercise(file)
    did = plans(exercise)
    played = by_hand(lab, site, chrome, folder, exercise, did)
    for number, student in enumerate(CLASS):
        if student not in played:
            screen = OnPage(exercise.link(site.address)) if number % 2 else InNotebook(str(file))
            played[student] = play(screen, exercise, student, did[student])
    sheets.forget()
    played[ABSENT] = ""

    rows = {row["student"]: row for row in tabled(tmp_path, file, {student: played[student] for student in CLASS})}

    assert [*rows] == CLASS
    assert rows.pop(ABSENT)["status"] == "missing"
    for student, row in rows.items():
        assert int(row.pop("minutes")) <= 2
        assert row == expected(exercise, student, did[student])
