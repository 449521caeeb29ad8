"""A class of 30: two in JupyterLab, two on the site, the others by the messages of both; their codes make the table."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from classroom import CLASS, WHOLE, Did, InNotebook, OnPage, expected, plans, play, right, tabled
from exercising import written
from playwright.sync_api import Browser, Locator, expect

from browser.lab import Lab, notebook
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


def play_by_hand(sheet: Locator, exercise: Exercise, student: str, did: Sequence[Did], *, by_key: bool) -> str:
    """Have a student do it on a screen; returns the code that stands there at the end."""
    name = sheet.get_by_label("Your name or number")
    name.fill(student)
    name.press("Enter")
    for at, (asked, each) in enumerate(zip(exercise.asked(student), did, strict=True)):
        step = sheet.locator(".mx-steps button").nth(at)
        step.click()
        card = sheet.locator(".mq-card")
        expect(card.locator(".mq-lead")).to_have_text(f"Question {at + 1} of {len(did)}")
        expect(card.locator(".mq-text")).to_have_text(on_page(asked.text))
        if each.helped:
            card.get_by_role("button", name="Show the way").click()
            expect(card.locator(".mq-way li").first).to_be_visible()
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
            expect(card.locator(f".mq-{became}")).to_be_visible()
            expect(step).to_have_attribute("data-became", became)
    sheet.get_by_role("button", name="Hand in").click()
    confirm = sheet.locator(".mx-confirm").get_by_role("button", name="Hand in")
    if confirm.is_visible():
        confirm.click()
    expect(sheet.locator(".mx-code")).to_be_visible()
    return sheet.locator(".mx-code").inner_text()


def in_lab(lab: Lab, chrome: Browser, folder: Path, exercise: Exercise, did: dict[str, list[Did]]) -> dict[str, str]:
    """Two students' codes, each from a cell of its own: one opens the file, the other the link under a name."""
    written(folder, WHOLE, "a_class.toml")
    first, second = IN_LAB
    cells = "from marginlib import exercise\nexercise('a_class.toml')", f"exercise({exercise.link()!r})"
    codes = {}
    (folder / "a_class.ipynb").write_text(notebook(cells[0]), encoding="utf-8")
    opened = lab.open(chrome, "a_class.ipynb")
    opened.run_all()
    sheet = opened.page.locator(".mx-sheet")
    expect(sheet).to_be_visible()
    codes[first] = play_by_hand(sheet, exercise, first, did[first], by_key=False)
    opened.execute("from marginlib.classes import sheet\nsheet.forget()")
    opened.page.evaluate(
        "(source) => jupyterapp.shell.currentWidget.content.activeCell.model.sharedModel.setSource(source)", cells[1]
    )
    opened.run_all()
    expect(sheet.get_by_label("Your name or number")).to_be_visible()
    codes[second] = play_by_hand(sheet, exercise, second, did[second], by_key=True)
    assert opened.complaints == []
    opened.page.context.close()
    return codes


def on_site(site: Site, chrome: Browser, exercise: Exercise, did: dict[str, list[Did]]) -> dict[str, str]:
    """Two students' codes, who share a computer and open the link one after the other."""
    context, codes = site.context(chrome), {}
    for student in ON_SITE:
        opened = Opened(context, exercise.link(site.address))
        sheet = opened.page.locator(".mx-sheet")
        expect(sheet).to_be_visible(timeout=COMES)
        codes[student] = play_by_hand(sheet, exercise, student, did[student], by_key=student == ON_SITE[0])
        assert opened.complaints == []
        opened.page.close()
    context.close()
    return codes


def test_a_class_of_30(chrome: Browser, lab: Lab, site: Site, folder: Path, tmp_path: Path) -> None:
    file = written(tmp_path, WHOLE)
    exercise = read_exercise(file)
    did = plans(exercise)
    played = in_lab(lab, chrome, folder, exercise, did) | on_site(site, chrome, exercise, did)
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
