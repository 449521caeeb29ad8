// An exercise: its cover, one question after the other, and the code that is handed in. The question is a card and what
// is to be set is a panel, each live by itself: here are places for them. What was given is kept in the browser's own
// storage, by exercise and student, and sent nowhere.

import { keepKeys, make, newId, newName, notice, sized, write } from "../panels/browser/dom.js";
import { correspondence } from "../panels/browser/patience.js";
import { sharing } from "../panels/browser/sharing.js";
import { inSlots } from "../panels/browser/slots.js";

/** @import { Model } from "../panels/browser/types.d.ts" */

/**
 * @typedef {object} Sheet what is shown, as sheet.py says it
 * @property {"cover" | "open" | "done"} stage
 * @property {string} title
 * @property {string} student
 * @property {boolean} fixed the name was given in Python
 * @property {boolean} exam
 * @property {boolean} back whether there is a way back
 * @property {string} key names the exercise, in the browser's storage
 * @property {string} [who] names the student there
 * @property {string[]} about
 * @property {number | null} minutes
 * @property {string} note
 * @property {number} count
 * @property {Record<string, string>} places the names of the slots of the card and of the panels
 * @property {number} [at]
 * @property {("open" | "given" | "right" | "wrong")[]} [items]
 * @property {boolean[]} [open] which may still be gone to
 * @property {string} [panel] which panel belongs to the question, if any
 * @property {number} [elapsed] seconds
 * @property {string} [code]
 * @property {string[]} [summary]
 */

const KEPT = "marginlib:exercise:";
const SIGNS = { open: "", given: "\u2022", right: "\u2713", wrong: "\u2717" };
const SPOKEN = { open: "not answered", given: "answered", right: "right", wrong: "not right yet" };

/** @param {string} key @returns {any} what is kept, or nothing */
function recalled(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null; // there is no storage, or something of another kind in it
  }
}

/** @param {string} key @param {any} what nothing: it is forgotten @returns {boolean} whether the browser keeps it */
function keepThis(key, what) {
  try {
    if (what === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(what));
    return true;
  } catch {
    return false;
  }
}

/** @param {number} seconds */
const clocked = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

/** @param {number[]} numbers @returns {string} "Questions 2 and 5 have" */
function listed(numbers) {
  const last = numbers.at(-1);
  return numbers.length === 1
    ? `Question ${last} has`
    : `Questions ${numbers.slice(0, -1).join(", ")} and ${last} have`;
}

/**
 * Show an exercise.
 * @param {{ model: Model, el: HTMLElement }} place
 * @returns {() => void} takes it away again
 */
function render({ model, el }) {
  const root = make("section", { class: "mx-sheet", role: "group" });
  keepKeys(root);
  el.append(root);
  const { node: silent, note } = notice();
  const { send, received, close } = correspondence({
    name: newName(),
    send: (message) => model.send(message),
    note,
    clock: globalThis,
    silent: model.get("_silent"),
  });
  /** @returns {Sheet} */
  const sheet = () => model.get("_sheet");

  const title = make("p", { class: "mx-title", role: "heading", "aria-level": "2" });
  const who = make("span");
  const time = make("span", { class: "mx-time", role: "timer" });
  const head = make("header", { class: "mx-head" }, title, make("p", { class: "mx-meta" }, who, time));

  // The cover.
  const about = make("ul", { class: "mx-about" });
  const id = newId();
  const hint = newId();
  const name = make("input", {
    id,
    type: "text",
    autocomplete: "off",
    spellcheck: "false",
    maxlength: "80",
    "aria-describedby": hint,
  });
  const begin = () => send({ kind: "begin", student: name.value });
  name.addEventListener("keydown", (event) => event.key === "Enter" && begin());
  const asking = make(
    "p",
    { class: "mx-name" },
    make("label", { for: id }, "Your name or number"),
    name,
    make("span", { id: hint, class: "mx-quiet" }, "As your teacher has it in the list: your numbers come from it."),
  );
  const refused = make("p", { class: "mx-note", role: "alert", hidden: true });
  const start = make("button", { type: "button", class: "mx-main", onclick: begin }, "Begin");
  const cover = make("div", { class: "mx-cover" }, about, asking, refused, start);

  // The questions.
  const steps = make("ol", { class: "mx-steps", "aria-label": "Questions" });
  const cardPlace = make("div", { class: "mx-card" });
  const panelPlace = make("div", { class: "mx-panel" });
  /** @param {number} by */
  const step = (by) => go((sheet().at ?? 0) + by);
  const back = make("button", { type: "button", onclick: () => step(-1) }, "\u2190 Back");
  const next = make("button", { type: "button", class: "mx-main", onclick: () => step(1) }, "Next \u2192");
  const handIn = make("button", { type: "button", onclick: askToHandIn }, "Hand in \u2026");
  const sure = make("p", { class: "mx-sure" });
  const yes = make("button", { type: "button", class: "mx-main", onclick: handItIn }, "Hand in");
  const no = make("button", { type: "button", onclick: goOn }, "Go on working");
  const confirm = make(
    "div",
    { class: "mx-confirm", role: "group", "aria-label": "Hand in?", hidden: true },
    sure,
    yes,
    no,
  );
  const going = make("div", { class: "mx-go" }, back, next, handIn);
  const where = make("p", { class: "mw-hidden", role: "status" });
  const work = make("div", { class: "mx-work" }, where, steps, cardPlace, panelPlace, going, confirm);

  // The end.
  const summary = make("div", { class: "mx-summary", role: "status" });
  const code = make("p", { class: "mx-code", tabindex: "0", role: "group", "aria-label": "Your result code" });
  const copying = sharing(() => sheet().code ?? "", "code");
  const again = make("button", { type: "button", onclick: anew }, "Begin anew");
  const kept = make("span", { role: "status" });
  const forget = make("button", { type: "button", onclick: forgetIt }, "Forget it in this browser");
  const done = make(
    "div",
    { class: "mx-done" },
    summary,
    make("p", {}, "This code is your result. Hand it in as your teacher asks: by mail, in a chat, or read out."),
    code,
    make("p", { class: "mx-copy" }, ...copying.parts),
    make(
      "p",
      { class: "mx-quiet" },
      "It says which questions you had right, how often you tried, which mistakes were seen, and how long it took.",
    ),
    make("p", { class: "mx-copy" }, again, forget, kept),
  );
  for (const each of ["input", "keyup", "click", "dragend"]) cardPlace.addEventListener(each, sayNext);
  root.append(head, cover, work, done, silent);

  let since = Date.now();
  /** What was looked for in the storage already. */
  let looked = "";
  let forgotten = false;
  /** @type {Sheet["stage"] | ""} */
  let stage = "";
  let asked = -1;
  const ticking = setInterval(tick, 1000);

  function tick() {
    const { minutes, elapsed = 0, stage: now } = sheet();
    if (now !== "open") return write(time, "");
    const seconds = elapsed + (Date.now() - since) / 1000;
    const of = minutes ? ` of ${minutes}:00` : "";
    time.toggleAttribute("data-over", Boolean(minutes) && seconds > 60 * Number(minutes));
    write(time, `${clocked(seconds)}${of}`);
  }

  /** What stands on the card and was not given. */
  function draft() {
    const detail = { given: null };
    cardPlace.querySelector(".mq-card")?.dispatchEvent(new CustomEvent("mq-draft", { detail }));
    return detail.given;
  }

  /** In an exam what stands there is meant: there is no verdict that one would have waited for. */
  const meant = () => (sheet().exam && draft() !== null ? { given: draft() } : {});

  /** @param {number} to */
  const go = (to) => send({ kind: "go", to, ...meant() });

  /** If what stands on the card can't be read, one goes on working. */
  function handItIn() {
    if (!confirm.hidden) goOn();
    send({ kind: "hand in", ...meant() });
  }

  function askToHandIn() {
    const { items = [], exam, at } = sheet();
    const left = items.flatMap((each, i) => (each === "open" && !(i === at && "given" in meant()) ? [i + 1] : []));
    if (!left.length && !exam) return handItIn();
    const open = left.length ? `${listed(left)} no answer. ` : "";
    write(sure, `${open}After handing in, nothing can be changed.`);
    confirming(true);
    yes.focus();
  }

  /** @param {boolean} now whether it is asked if all is done */
  function confirming(now) {
    confirm.hidden = !now;
    going.hidden = now;
  }

  function goOn() {
    confirming(false);
    handIn.focus();
  }

  function anew() {
    keepThis(store(), null);
    send({ kind: "again" });
  }

  /** For who shares a computer: the code is to be copied first. */
  function forgetIt() {
    forgotten = true;
    keepThis(store(), null);
    keepThis(`${KEPT}${sheet().key}`, null);
    forget.disabled = true;
    write(kept, "Forgotten: the code is gone with this page.");
  }

  const store = () => `${KEPT}${sheet().key}:${sheet().who}`;

  /** Work of an earlier visit is given back once, before anything is kept over it. */
  function lookForWork() {
    const { stage: now, who: student, items = [] } = sheet();
    if (now === "cover" || looked === student) return;
    looked = student ?? "";
    const kept = recalled(store());
    const begun = now === "done" || items.some((each) => each !== "open");
    if (kept && !begun) send({ kind: "resume", kept });
  }

  function keep() {
    const { stage: now, key, student, items = [] } = sheet();
    if (now === "cover" || forgotten) return;
    keepThis(`${KEPT}${key}`, student);
    if (now === "done" || items.some((each) => each !== "open")) keepThis(store(), model.get("_kept"));
  }

  /**
   * A place for a live thing.
   * @param {HTMLElement} around
   * @param {string | undefined} slot
   */
  function fit(around, slot) {
    if (around.dataset.slot === (slot ?? "")) return;
    around.dataset.slot = slot ?? "";
    around.replaceChildren(...(slot ? [make("div", { class: `mw-slot mw-slot-${slot}` })] : []));
  }

  function show() {
    const now = sheet();
    since = Date.now();
    write(title, now.title);
    root.setAttribute("aria-label", `Exercise: ${now.title}`);
    write(who, [now.student, now.exam ? "exam" : ""].filter(Boolean).join(" \u00b7 "));
    cover.hidden = now.stage !== "cover";
    work.hidden = now.stage !== "open";
    done.hidden = now.stage !== "done";
    if (now.stage === "cover") showCover(now);
    fit(cardPlace, now.stage === "open" ? now.places.card : undefined);
    fit(panelPlace, now.stage === "open" && now.panel ? now.places[now.panel] : undefined);
    if (now.stage === "open") showWork(now);
    if (now.stage === "done") showDone(now);
    tick();
    lookForWork();
    keep();
    const moved = stage !== "" && stage !== now.stage && root.contains(document.activeElement);
    if (stage !== now.stage) confirming(false);
    stage = now.stage;
    // What was pressed is gone: the focus goes where one goes on.
    if (moved && now.stage === "done") code.focus();
    else if (moved && now.stage === "open") steps.querySelector("button")?.focus();
  }

  /** @param {Sheet} now */
  function showCover(now) {
    for (const [i, line] of sized(about, now.about.length, "li").entries()) write(line, now.about[i]);
    asking.hidden = now.fixed;
    const known = recalled(`${KEPT}${now.key}`);
    if (!name.value && typeof known === "string" && document.activeElement !== name) name.value = known;
    write(refused, now.note);
    refused.hidden = !now.note;
  }

  /** @param {Sheet} now */
  function showWork({ at = 0, items = [], open = [], count }) {
    const held = document.activeElement;
    for (const [i, line] of sized(steps, count, "li").entries()) {
      let button = line.querySelector("button");
      if (!button) {
        button = make("button", { type: "button", onclick: () => go(i) });
        line.append(button);
      }
      const said = SPOKEN[items[i]];
      write(button, `${i + 1}${SIGNS[items[i]] && ` ${SIGNS[items[i]]}`}`);
      button.setAttribute("aria-label", `Question ${i + 1}, ${said}`);
      button.dataset.became = items[i];
      button.disabled = !open[i];
      if (i === at) button.setAttribute("aria-current", "step");
      else button.removeAttribute("aria-current");
    }
    back.hidden = at === 0 || !open[at - 1];
    next.hidden = at === count - 1;
    sayNext();
    handIn.classList.toggle("mx-main", at === count - 1);
    if (asked !== at && asked !== -1) confirming(false);
    asked = at;
    write(where, `Question ${at + 1} of ${count}`);
    // A button that is gone takes the focus with it: it goes where one goes on.
    if (held === next && next.hidden) handIn.focus();
    else if (held === back && back.hidden) next.focus();
    else if (held instanceof HTMLButtonElement && held.disabled && steps.contains(held))
      /** @type {HTMLElement | null} */ (steps.querySelector("[aria-current]"))?.focus();
  }

  /** Where there is no way back, an answer that isn't given now is none. */
  function sayNext() {
    const { at = 0, items = [], back: wayBack } = sheet();
    const none = !wayBack && items[at] === "open" && !("given" in meant());
    write(next, none ? "Go on without an answer \u2192" : "Next \u2192");
  }

  /** @param {Sheet} now */
  function showDone({ code: told = "", summary: lines = [], exam }) {
    for (const [i, line] of sized(summary, lines.length, "p").entries()) write(line, lines[i]);
    const groups = told.split("-");
    if (code.textContent !== told)
      code.replaceChildren(...groups.map((group, i) => make("span", {}, i < groups.length - 1 ? `${group}-` : group)));
    again.hidden = exam;
  }

  model.on("msg:custom", received);
  model.on("change:_sheet", show);
  model.on("change:_kept", keep);
  show();
  return () => {
    clearInterval(ticking);
    copying.forget();
    close();
    model.off("msg:custom", received);
    model.off("change:_sheet", show);
    model.off("change:_kept", keep);
    root.remove();
  };
}

/**
 * A model is there: its slots are looked for.
 * @param {{ model: Model }} made
 * @returns {() => void} lets go of them
 */
const initialize = ({ model }) => inSlots(model, render);

export default { initialize, render };
