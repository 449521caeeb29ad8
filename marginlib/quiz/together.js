// A screen for a whole room: what is asked, a box for what is read out, the picture of answers, and buttons. The kernel
// counts and judges. All text goes in as text, never as HTML.

import { follow, keepKeys, make, newId, newName, notice, sized, write } from "../panels/browser/dom.js";
import { correspondence } from "../panels/browser/patience.js";
import { rulesIn } from "../panels/browser/rules.js";
import { inSlots } from "../panels/browser/slots.js";

const PAUSE = 400; // ms after the last key, for what is typed to be counted

/** @import { Model } from "../panels/browser/types.d.ts" */

/**
 * @typedef {object} Bar one answer; what is null may not be seen yet
 * @property {string} letter
 * @property {string} text
 * @property {number} count
 * @property {number} share of the longest bar
 * @property {number | null} was how many gave it before
 * @property {number | null} was_share
 * @property {boolean | null} right
 * @property {string} because
 */

/**
 * @typedef {object} Section a question and its answers
 * @property {string} lead
 * @property {string} text
 * @property {{ letter: string, text: string }[]} options
 * @property {Bar[]} bars
 * @property {string} said
 */

/**
 * @typedef {object} Shown what the screen shows, as together.py says it
 * @property {string} heading
 * @property {string[]} paragraphs
 * @property {string[][]} rows
 * @property {Section[]} sections
 * @property {{ label: string, hint: string } | null} box
 * @property {string} typed
 * @property {string[]} notes
 * @property {{ who: string, right: number, of: number }[]} scores
 * @property {{ do: string, text: string, main: boolean }[]} buttons
 */

/** @param {Bar} bar */
function barOf(bar) {
  const name = make("span", { class: "mt-name" }, bar.letter && make("b", {}, `${bar.letter} `), bar.text);
  const sign = bar.right === null ? "" : bar.right ? "\u2713 right" : "\u2717";
  const told = `${bar.count}${bar.was === null ? "" : ` (before: ${bar.was})`}`;
  const length = make("span", { class: "mt-length", style: `width: ${bar.share * 100}%` });
  const was = bar.was_share !== null && make("span", { class: "mt-was", style: `width: ${bar.was_share * 100}%` });
  const track = make("span", { class: "mt-track", "aria-hidden": "true" }, length, was);
  const count = make("span", { class: "mt-count" }, told, sign && make("span", { class: "mt-sign" }, ` ${sign}`));
  const because = bar.because && make("p", { class: "mt-because" }, bar.because);
  return make(
    "li",
    { class: "mt-bar", "data-right": bar.right === null ? false : String(bar.right) },
    name,
    make("span", { class: "mt-line" }, track, count),
    because,
  );
}

/** @param {Section} section */
function sectionOf(section) {
  const options = section.options.map(({ letter, text }) =>
    make("li", {}, make("b", { class: "mt-letter" }, letter), ` ${text}`),
  );
  const listed = options.length > 0 && !section.bars.length && make("ul", { class: "mt-options" }, ...options);
  const bars = section.bars.length > 0 && make("ul", { class: "mt-bars" }, ...section.bars.map(barOf));
  return make(
    "div",
    { class: "mt-section" },
    section.lead && make("p", { class: "mt-lead" }, section.lead),
    section.text && make("p", { class: "mt-text" }, section.text),
    listed,
    bars,
    section.said && make("p", { class: "mt-said" }, section.said),
  );
}

/** @param {string[][]} rows the first one are the heads */
function tableOf(rows) {
  const [heads, ...lines] = rows;
  const top = make("tr", {}, ...heads.map((head) => (head ? make("th", { scope: "col" }, head) : make("td"))));
  const body = lines.map(([name, ...cells]) =>
    make("tr", {}, make("th", { scope: "row" }, name), ...cells.map((cell) => make("td", {}, cell))),
  );
  return make("table", { class: "mt-table" }, make("thead", {}, top), make("tbody", {}, ...body));
}

/**
 * Show the screen.
 * @param {{ model: Model, el: HTMLElement }} place
 * @returns {() => void} takes it away again
 */
function render({ model, el }) {
  const root = make("section", { class: "mt-room", role: "group" });
  keepKeys(root);
  el.append(root);
  const { node: silent, note } = notice();
  const {
    send: tell,
    received,
    close,
  } = correspondence({
    name: newName(),
    send: (message) => model.send(message),
    note,
    clock: globalThis,
    silent: model.get("_silent"),
  });
  const id = newId();
  const heading = make("p", { class: "mt-heading" });
  const wall = make("div", { class: "mt-wall", role: "status", tabindex: "-1" });
  const label = make("label", { for: id });
  const box = make("textarea", { id, rows: 4, spellcheck: "false", autocomplete: "off" });
  const covered = make("input", {
    type: "checkbox",
    onchange: () => box.toggleAttribute("data-covered", covered.checked),
  });
  const hint = make("p", { class: "mt-hint" });
  const cover = make("label", { class: "mt-cover" }, covered, " Cover what is typed");
  const asked = make("div", { class: "mt-box" }, label, box, hint, cover);
  const notes = make("ul", { class: "mt-notes", role: "status" });
  const scores = make("ol", { class: "mt-scores" });
  const buttons = make("div", { class: "mt-buttons" });
  root.append(heading, wall, asked, notes, buttons, silent, scores);
  const rules = rulesIn(root, model);
  let known = "";
  let built = "";
  let waiting = 0;

  const typed = () => {
    clearTimeout(waiting);
    if (box.value !== known) tell({ kind: "typed", text: box.value });
  };
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(typed, PAUSE);
  });
  box.addEventListener("change", typed);

  /** @param {string} button */
  const press = (button) => {
    clearTimeout(waiting);
    tell({ kind: "press", button, text: box.value });
  };

  function show() {
    /** @type {Shown} */
    const scene = model.get("_scene");
    root.setAttribute("aria-label", scene.heading);
    write(heading, scene.heading);
    const news = JSON.stringify([scene.paragraphs, scene.rows, scene.sections]);
    if (news !== built) {
      wall.replaceChildren(
        ...scene.paragraphs.map((line) => make("p", { class: "mt-paragraph" }, line)),
        ...(scene.rows.length ? [tableOf(scene.rows)] : []),
        ...scene.sections.map(sectionOf),
      );
      built = news;
    }
    asked.hidden = !scene.box;
    write(label, scene.box?.label ?? "");
    write(hint, scene.box?.hint ?? "");
    if (box === document.activeElement && scene.typed) follow(/** @type {any} */ (box), known, scene.typed);
    else if (scene.typed !== known) box.value = scene.typed;
    known = scene.typed;
    for (const [i, line] of sized(notes, scene.notes.length, "li").entries()) write(line, scene.notes[i]);
    notes.hidden = !scene.notes.length;
    const lines = scene.scores.map(({ who, right, of }) => `${who}: ${right} of ${of}`);
    for (const [i, line] of sized(scores, lines.length, "li").entries()) write(line, lines[i]);
    scores.hidden = !lines.length;
    const had = /** @type {HTMLElement | null} */ (document.activeElement);
    const inside = had !== null && buttons.contains(had);
    const labels = scene.buttons.map((each) => each.text).join("|");
    if (buttons.dataset.labels !== labels) {
      buttons.dataset.labels = labels;
      buttons.replaceChildren(
        ...scene.buttons.map((each) =>
          make(
            "button",
            { type: "button", class: each.main ? "mt-main" : "", onclick: () => press(each.do) },
            each.text,
          ),
        ),
      );
      if (inside) wall.focus({ preventScroll: true });
    }
    rules.link();
  }

  model.on("msg:custom", received);
  model.on("change:_scene", show);
  show();
  return () => {
    clearTimeout(waiting);
    close();
    rules.close();
    model.off("msg:custom", received);
    model.off("change:_scene", show);
    root.remove();
  };
}

/**
 * A model is there, made by a cell or found again in a living kernel: its slots are looked for.
 * @param {{ model: Model }} made
 * @returns {() => void} lets go of them
 */
const initialize = ({ model }) => inSlots(model, render);

export default { initialize, render };
