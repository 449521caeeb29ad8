"""The browser's modules become one script; style sheets get the colours of the roles."""

import re
from pathlib import Path

import pytest
from py_mini_racer import MiniRacer

import marginlib
from marginlib.drawing.colours import ROLES, WRITTEN
from marginlib.panels.scripts import BROWSER, BrokenScript, colours, script, style

ROOT = Path(marginlib.__file__).parent
MODULES = sorted(ROOT.rglob("*.js"))
SHEETS = sorted(ROOT.rglob("*.css"))
ENTRIES = [file for file in MODULES if "export default" in file.read_text(encoding="utf-8")]


def written(folder: Path, **modules: str) -> Path:
    """Modules in a folder, by name."""
    for name, code in modules.items():
        (folder / f"{name}.js").write_text(code, encoding="utf-8")
    return folder


def test_there_are_widgets_in_these_rooms() -> None:
    names = ["sheet.js", "ledger.js", "own_case.js", "settle_form.js", "host.js", "card.js", "together.js"]
    assert [file.name for file in ENTRIES] == names


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda file: file.stem)
def test_a_widget_is_one_script_that_names_no_other(entry: Path) -> None:
    whole = script(entry.name, entry.parent)

    assert not re.search(r"^import\b", whole, re.MULTILINE)
    assert re.findall(r"^export.*", whole, re.MULTILINE) == ["export default { initialize, render };"]
    with MiniRacer() as racer:
        racer.eval(whole.replace("export default { initialize, render };", ""))
        assert racer.eval("typeof render") == "function"


def test_every_module_is_used_by_a_widget() -> None:
    joined = "\n".join(script(entry.name, entry.parent) for entry in ENTRIES)

    theirs = [file for file in MODULES if "pages" not in file.parts]  # a page has its own script
    assert [file.name for file in theirs if file.read_text("utf-8").splitlines()[0] not in joined] == []


def test_what_is_needed_comes_first_and_once(tmp_path: Path) -> None:
    written(
        tmp_path,
        top='// Top.\n\nimport {\n  left,\n  more,\n} from "./left.js";\nimport { right } from "./right.js";\n\n'
        "export default [left(), right, more];\n",
        left='import { base } from "./base.js";\nexport function left() {\n  return base.concat("left");\n}\n'
        "export const more = 1;\n",
        right='import { base } from "./base.js";\nexport const right = base.concat("right");\n',
        base='export const base = ["base"];\n',
    )
    whole = script("top.js", tmp_path)

    assert whole == (
        'const base = ["base"];\n\n'
        'function left() {\n  return base.concat("left");\n}\nconst more = 1;\n\n'
        'const right = base.concat("right");\n\n'
        "// Top.\n\n\nexport default [left(), right, more];\n"
    )
    with MiniRacer() as racer:
        found = racer.execute(f"(() => {{ {whole.replace('export default', 'return')} }})()")
    assert found == [["base", "left"], ["base", "right"], 1]


def test_another_folder_shares_modules(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    written(tmp_path, shared="export const shared = 2;\n", also='import { shared } from "./shared.js";\n')
    top = 'import { shared } from "../shared.js";\nimport { twice } from "../here/twice.js";\nexport default twice;\n'
    twice = 'import { shared } from "../shared.js";\nexport const twice = 2 * shared;\n'
    written(tmp_path / "here", top=top, twice=twice)

    assert script("top.js", tmp_path / "here").count("const shared") == 1


@pytest.mark.parametrize(
    ("top", "other", "sentence"),
    [
        ('import { a } from "./none.js";\n', "", "top.js: there is no none.js"),
        ('import { a } from "./other.js";\n', "export const b = 1;\n", "top.js: other.js exports no a"),
        ('import { a } from "./other.js";\n', "const a = 1;\n", "top.js: other.js exports no a"),
        (
            'import { a } from "./other.js";\nexport const b = a;\n',
            'import { b } from "./top.js";\nexport const a = 1;\n',
            "a circle of imports: top.js → other.js → top.js",
        ),
        (
            'import { a } from "./other.js";\nasync function b() {}\n',
            "export const a = 1;\nlet b = 2;\n",
            "b is declared at the top of other.js and of top.js",
        ),
        ("const a = 1;\nfunction a() {}\n", "", "a is declared at the top of top.js and of top.js"),
        ('import { a as b } from "./other.js";\n', "export const a = 1;\n", "can't join 'import { a as b } from"),
        ('import a from "./other.js";\n', "export default 1;\n", "top.js: can't join 'import a from"),
        ('import * as a from "./other.js";\n', "export const a = 1;\n", "top.js: can't join 'import \\* as a from"),
        ('import "./other.js";\n', "", "top.js: can't join 'import \"./other.js\";'"),
        ('import { a } from "https://example.org/a.js";\n', "", "top.js: can't join 'import { a } from \"https:"),
        ('import { a } from "./other.js";\n', "const a = 1;\nexport { a };\n", "other.js: can't join"),
        ('import { a } from "./other.js";\n', 'export const a = 1;\nexport * from "./b.js";\n', "other.js: can't join"),
        ('import { a } from "./other.js";\n', "export const a = 1;\nexport default a;\n", "other.js: can't join"),
        ('  const a = await import("./other.js");\n', "", "top.js: can't join '  const a = await import"),
        ("const here = import.meta.url;\n", "", "top.js: can't join 'const here = import.meta"),
        ("export const [a, b] = [1, 2];\n", "", "top.js: can't join 'const \\[a, b\\]"),
    ],
)
def test_what_is_not_known_is_an_error_that_says_where(tmp_path: Path, top: str, other: str, sentence: str) -> None:
    written(tmp_path, top=top, other=other)

    with pytest.raises(BrokenScript, match=sentence):
        script("top.js", tmp_path)


def test_a_script_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BrokenScript, match=r"there is no none\.js"):
        script("none.js", tmp_path)


def test_types_stay_out_of_it(tmp_path: Path) -> None:
    comment = '/** @import { A } from "./types.d.ts" */\n/**\n * One. **\n * @returns {import("./x.js").A}\n */\n'
    code = "// import(here) is known to nobody\n  /** @type {A} */ (top).a = 1;\nconst b = 2; /** @type {B} */\n"
    written(tmp_path, top=f"{comment}{code}")

    assert script("top.js", tmp_path) == code


@pytest.mark.parametrize("file", [*MODULES, *SHEETS], ids=lambda file: file.name)
def test_no_colour_stands_outside_the_roles(file: Path) -> None:
    literal = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|hwb|lab|lch|oklab|oklch|color)a?\(")
    named = re.sub(r'\[style\*="[^"]*"\]', "", file.read_text(encoding="utf-8"))  # what is looked for colours nothing

    assert literal.findall(named) == []


@pytest.mark.parametrize("file", SHEETS, ids=lambda file: file.name)
def test_a_sheet_names_only_variables_that_there_are(file: Path) -> None:
    sheet = style(file.name, file.parent)
    named = set(re.findall(r"var\((--[\w-]+)", sheet))
    given = set(re.findall(r"(--m[\w-]+):", sheet))

    assert {name for name in named - given if not name.startswith("--jp-")} == set()
    assert named & given
    assert sheet.endswith(file.read_text(encoding="utf-8"))


def test_the_variables_are_the_roles_on_both_grounds() -> None:
    light, dark = colours().splitlines()

    assert light.startswith("body {")
    assert dark.startswith('body[data-jp-theme-light="false"] {')
    for role, each in {**ROLES, **WRITTEN}.items():
        for line, colour in ((light, each["light"]), (dark, each["dark"])):
            assert re.search(rf"--mw-{role}: (var\(--jp-[\w-]+, )?{colour}\)?;", line)


def test_the_shared_folder_is_part_of_the_package() -> None:
    assert BROWSER.is_relative_to(ROOT)
