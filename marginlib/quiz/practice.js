// What practice adds to a card: a way whose steps are read or filled in, and how far each lesson's skill is.

import { make, newId, write } from "../panels/browser/dom.js";

/** @import { Model } from "../panels/browser/types.d.ts" */

/**
 * A step of a way: whole, or with a blank that is open.
 * @typedef {{ before: string, after?: string, unit?: string, open?: boolean, sign?: "right" | "shown" | null }} Step
 */

/** @typedef {{ lesson: string, row: number, of: number, learnt: boolean, said: string }} Skill */

/**
 * @typedef {{ skills: Skill[], where: string, note: string, forget: boolean, waits: boolean }} Standings
 */

const CLASSES = { right: "mq-sign", shown: "mq-told" };
const SIGNS = { right: " \u2713", shown: " (shown)" };

/**
 * A way, step by step; the newest may have a blank.
 * @param {any} card
 * @param {(given: string) => void} send
 */
export function way(card, send) {
  const list = make("ol", { class: "mq-way mq-steps" });
  const left = make("p", { class: "mq-small" });
  const answer = make("p", { class: "mq-text" });
  const node = make("div", { class: "mq-worked" }, list, answer, left);
  let shown = "";

  /** @param {Step} step */
  function open({ before, after, unit }) {
    const id = newId();
    const input = make("input", { id, type: "text", inputmode: "decimal", autocomplete: "off", class: "mq-blank" });
    input.addEventListener("keydown", (event) => event.key === "Enter" && send(input.value));
    const label = make("label", { for: id, class: "mw-hidden" }, unit ? `The blank, in ${unit}` : "The blank");
    const check = make("button", { type: "button", class: "mq-check", onclick: () => send(input.value) }, "Check");
    return make("li", {}, before, label, input, after ?? "", " ", check);
  }

  /** @param {any} now */
  function update(now) {
    const text = JSON.stringify(now.steps);
    write(left, now.left);
    write(answer, now.answer);
    if (text === shown) return;
    shown = text;
    /** @type {Step[]} */
    const steps = now.steps;
    const here = list.contains(document.activeElement);
    list.replaceChildren(
      ...steps.map((step) =>
        step.open
          ? open(step)
          : make("li", {}, step.before, step.sign && make("span", { class: CLASSES[step.sign] }, SIGNS[step.sign])),
      ),
    );
    if (here) list.querySelector("input")?.focus();
  }
  update(card);
  return { node, update, first: () => list.querySelector("input") };
}

/**
 * How far each skill is, where it is kept, and how to forget it. Nothing on a card that is no practice.
 * @param {Model} model
 */
export function standings(model) {
  const rows = make("tbody");
  const heads = ["Lesson", "Right in a row", "How it stands"].map((each) => make("th", { scope: "col" }, each));
  const head = make("thead", {}, make("tr", {}, ...heads));
  const caption = make("caption", {}, "How far you are");
  const table = make("table", { class: "mq-skills" }, caption, head, rows);
  const where = make("p", { class: "mq-small" });
  const note = make("p", { class: "mq-unkept", role: "status" });
  const FORGET = "Forget all of it";
  const forget = make("button", { type: "button", class: "mq-plain" }, FORGET);
  let sure = false;
  /** @param {boolean} now */
  const ask = (now) => {
    sure = now;
    write(forget, now ? "Press again to forget all of it" : FORGET);
  };
  forget.addEventListener("click", () => {
    if (sure) model.send({ kind: "forget" });
    ask(!sure);
  });
  forget.addEventListener("blur", () => ask(false));
  const node = make("div", { class: "mq-standings" }, table, note, where, forget);
  let shown = "";

  /** @param {Skill} skill */
  function row({ lesson, row, of, learnt, said }) {
    const squares = Array.from({ length: of }, (_, i) => make("i", { class: i < row ? "mq-done" : undefined }));
    const picture = make("span", { class: "mq-row", "aria-hidden": "true" }, ...squares);
    const count = make("span", { class: "mw-hidden" }, learnt ? `all ${of}` : `${row} of ${of}`);
    const stands = make("td", {}, learnt && make("span", { class: "mq-sign" }, "\u2713 "), said);
    return make("tr", {}, make("th", { scope: "row" }, lesson), make("td", {}, picture, count), stands);
  }

  /** @returns {boolean} whether it is a practice */
  function show() {
    /** @type {Standings | undefined} */
    const now = model.get("_practice");
    node.hidden = !now || now.waits;
    if (!now) return false;
    table.hidden = !now.skills.length;
    forget.hidden = !now.forget;
    note.hidden = !now.note;
    write(note, now.note);
    write(where, now.where);
    const text = JSON.stringify(now.skills);
    if (text !== shown) rows.replaceChildren(...now.skills.map(row));
    shown = text;
    return true;
  }
  return { node, show };
}
