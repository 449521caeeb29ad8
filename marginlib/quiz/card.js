// A question on a card: choose, type or put in order; the kernel judges. All text goes in as text, never as HTML.

import { follow, keepKeys, make, newId, newName, notice, write } from "../panels/browser/dom.js";
import { correspondence } from "../panels/browser/patience.js";
import { rulesIn } from "../panels/browser/rules.js";
import { inSlots } from "../panels/browser/slots.js";
import { reasons } from "../panels/browser/why.js";
import { standings, way } from "./practice.js";

/** @import { Model } from "../panels/browser/types.d.ts" */

/**
 * @typedef {object} Question what the card shows, as card.py says it
 * @property {"one" | "several" | "number" | "order" | "state"} kind
 * @property {string} lead
 * @property {string} text
 * @property {string} unit
 * @property {{ value: string, text: string }[]} options
 * @property {any} given the newest answer: a text, or a list of them
 * @property {string} note
 * @property {{ right: boolean, text: string } | null} verdict
 * @property {string[]} solution
 * @property {string} skipped
 * @property {string[] | null} right the right options, once they may be seen; those of an order are told in words
 * @property {number} tries
 * @property {Record<string, string>} buttons what they say, by kind; without words there is none
 * @property {boolean} whys whether amounts may be asked about: what is right is told
 */

const TOLD_AT_REST = 500; // ms after which what was said is at rest
const SAID = ".mq-text, .mq-verdict p, .mq-way li"; // where a card says amounts
const SAID_TOGETHER = ".mq-text, .mq-verdict, .mq-worked";

/** @typedef {(given: string | string[]) => void} Send */

/**
 * The means to answer: a node, a way to read what is given, a way to show what was given elsewhere unless something else
 * is being chosen or typed, and what to put the focus on. A draft is what stands there and was not given; put shows one.
 * @typedef {{
 *   node: HTMLElement,
 *   read?: () => string | string[],
 *   set: (given: any) => void,
 *   mark?: (right: string[]) => void,
 *   first?: HTMLElement,
 *   draft?: () => string | string[] | null,
 *   put?: (draft: any) => void,
 * }} Means
 */

/**
 * @param {any} one
 * @param {any} other
 */
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/**
 * What marks the right ones among options.
 * @param {Question} card
 * @param {HTMLElement[]} nodes
 * @param {HTMLElement[]} signs
 * @returns {(right: string[]) => void}
 */
function marking(card, nodes, signs) {
  return (right) => {
    for (const [i, { value }] of card.options.entries()) {
      nodes[i].toggleAttribute("data-right", right.includes(value));
      write(signs[i], right.includes(value) ? " \u2713 right" : "");
    }
  };
}

/**
 * One of a few, chosen by pressing it.
 * @param {Question} card
 * @param {Send} send
 * @returns {Means}
 */
function one(card, send) {
  const signs = card.options.map(() => make("span", { class: "mq-sign" }));
  let known = card.given;
  /** Chosen here, and not judged yet: that may take a while. @type {string | null} */
  let chosen = null;
  const buttons = card.options.map(({ value, text }, i) => {
    const onclick = () => {
      chosen = value;
      press();
      send(value);
    };
    return make("button", { type: "button", class: "mq-option", onclick }, text, signs[i]);
  });
  const press = () => {
    for (const [i, button] of buttons.entries())
      button.setAttribute("aria-pressed", String(card.options[i].value === (chosen ?? known)));
  };
  /** @param {string | null} given */
  const set = (given) => {
    if (given !== known || given === chosen) chosen = null;
    known = given;
    press();
  };
  press();
  const node = make("div", { class: "mq-options", role: "group", "aria-label": "Choose one" }, ...buttons);
  return { node, set, mark: marking(card, buttons, signs) };
}

/**
 * Several of a few.
 * @param {Question} card
 * @returns {Means}
 */
function several(card) {
  const boxes = card.options.map(({ value }) =>
    make("input", { type: "checkbox", value, checked: (card.given || []).includes(value) }),
  );
  const signs = boxes.map(() => make("span", { class: "mq-sign" }));
  const labels = boxes.map((box, i) => make("label", { class: "mq-box" }, box, ` ${card.options[i].text}`, signs[i]));
  const read = () => boxes.filter((box) => box.checked).map((box) => box.value);
  let known = card.given || [];
  /** @param {string[] | null} given */
  const set = (given) => {
    const now = given || [];
    if (same([...read()].sort(), [...known].sort())) for (const box of boxes) box.checked = now.includes(box.value);
    known = now;
  };
  const node = make("fieldset", {}, make("legend", { class: "mw-hidden" }, "Choose all that are right"), ...labels);
  const draft = () => (same([...read()].sort(), [...known].sort()) ? null : read());
  /** @param {string[]} values */
  const put = (values) => {
    for (const box of boxes) box.checked = values.includes(box.value);
  };
  return { node, read, set, mark: marking(card, labels, signs), draft, put };
}

/**
 * A number, typed.
 * @param {Question} card
 * @param {Send} send
 * @returns {Means}
 */
function number(card, send) {
  const id = newId();
  const value = card.given || undefined;
  const input = make("input", { id, type: "text", inputmode: "decimal", autocomplete: "off", value });
  input.addEventListener("keydown", (event) => event.key === "Enter" && send(input.value));
  const called = card.unit ? `Your answer in ${card.unit}` : "Your answer";
  const label = make("label", { for: id, class: "mw-hidden" }, called);
  const node = make("span", { class: "mq-number" }, label, input, card.unit);
  let known = card.given || "";
  /** @param {string | null} given */
  const set = (given) => {
    follow(input, known, given || "");
    known = given || "";
  };
  const draft = () => (input.value.trim() && input.value !== known ? input.value : null);
  /** @param {string} typed */
  const put = (typed) => {
    input.value = typed;
  };
  return { node, read: () => input.value, set, first: input, draft, put };
}

/**
 * Items to be put in order: dragged, or moved with arrows.
 * @param {Question} card
 * @returns {Means}
 */
function order(card) {
  const texts = Object.fromEntries(card.options.map(({ value, text }) => [value, text]));
  /** @type {string[]} */
  let values = card.given || card.options.map(({ value }) => value);
  const node = make("ol", { class: "mq-order" });
  /** @type {string | undefined} */
  let held;
  /**
   * @param {string} value
   * @param {number} at
   */
  const put = (value, at) => {
    values = values.filter((other) => other !== value);
    values.splice(at, 0, value);
    draw();
  };
  /**
   * @param {string} value
   * @param {number} by
   */
  const step = (value, by) => {
    const at = Math.max(0, Math.min(values.length - 1, values.indexOf(value) + by));
    put(value, at);
    /** @type {HTMLElement} */ (node.children[at]).focus();
  };
  /**
   * @param {string} value
   * @param {number} by
   * @param {string} sign
   * @param {string} word
   */
  const arrow = (value, by, sign, word) => {
    const name = `Move ${texts[value]} ${word}`;
    const onclick = () => step(value, by);
    return make("button", { type: "button", "aria-label": name, tabindex: "-1", onclick }, sign);
  };
  /**
   * @param {string} value
   * @param {number} at
   */
  const item = (value, at) => {
    const name = `${at + 1}. ${texts[value]}. Arrow up and down move it.`;
    const arrows = [arrow(value, -1, "\u2191", "up"), arrow(value, 1, "\u2193", "down")];
    const label = make("span", {}, texts[value]);
    const line = make("li", { draggable: "true", tabindex: "0", "aria-label": name }, label, ...arrows);
    line.addEventListener("keydown", (event) => {
      const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!by) return;
      event.preventDefault();
      step(value, by);
    });
    line.addEventListener("dragstart", (event) => {
      held = value;
      event.dataTransfer?.setData("text/plain", texts[value]);
    });
    line.addEventListener("dragover", (event) => event.preventDefault());
    line.addEventListener("drop", (event) => {
      event.preventDefault();
      event.stopPropagation();
      if (held) put(held, at);
    });
    return line;
  };
  function draw() {
    node.replaceChildren(...values.map(item));
  }
  draw();
  let known = values;
  /** @param {string[] | null} given */
  const set = (given) => {
    if (!given || same(given, known)) return;
    const untouched = same(values, known);
    known = given;
    if (!untouched || same(values, given)) return;
    values = given;
    draw();
  };
  /** @param {string[]} moved */
  const show = (moved) => {
    values = moved;
    draw();
  };
  return { node, read: () => values, set, draft: () => (same(values, known) ? null : values), put: show };
}

/**
 * A panel that is to be set stands beside the card: what is given is its state.
 * @returns {Means}
 */
function state() {
  const node = make("span", { class: "mw-hidden" });
  /** As it is seen: what was told of it may not have been heard yet. */
  const read = () => {
    /** @type {HTMLElement | null | undefined} */
    const panel = node.closest(".mx-work")?.querySelector(".mx-panel .mw-panel");
    return panel?.dataset.link ?? "";
  };
  return { node, read, set: () => {} };
}

const MEANS = { one, several, number, order, state };

/**
 * Show a card.
 * @param {{ model: Model, el: HTMLElement }} place
 * @returns {() => void} takes it away again
 */
function render({ model, el }) {
  const root = make("section", { class: "mq-card", role: "group" });
  const progress = make("p", { class: "mq-progress" });
  const body = make("div");
  const whys = make("div", { class: "mq-whys" });
  root.append(body);
  keepKeys(root);
  el.append(root);
  /** The question that is built, by what it says. @type {string | null} */
  let asked = null;
  let verdict = make("div");
  /** By what they ask for. @type {Map<string, HTMLElement>} */
  let buttons = new Map();
  let told = "";
  /** @type {Means["set"]} */
  let set = () => {};
  /** @type {Means["mark"]} */
  let mark;
  /** @type {Means["draft"]} */
  let draft;
  /** What was typed or moved and not given, by what was asked: it is there again with its question. */
  const drafts = new Map();
  /** @type {((card: any) => void) | undefined} */
  let update;
  const skills = standings(model);
  const rules = rulesIn(root, model);
  const why = reasons({
    stage: root,
    home: whys,
    said: SAID,
    whole: SAID_TOGETHER,
    send: (message) => model.send(message),
    filled: rules.link,
  });
  const me = newName();
  /** What the card shows, how many things it has shown, and when the newest is at rest. */
  let shown = "";
  let count = 0;
  let calm = 0;

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
  /** @type {Send} */
  const send = (given) => tell({ kind: "answer", given });

  /** Build the question once; after that only the verdict, so that nothing typed or chosen is lost. */
  function show() {
    const held = root.contains(document.activeElement);
    /** @type {Question} */
    const card = model.get("_card");
    restless(card);
    const asks = `${card.lead} ${card.text}`;
    if (asked !== asks) build(card);
    asked = asks;
    set(card.given);
    update?.(card);
    root.classList.toggle("mq-practice", skills.show());
    mark?.(card.right ?? []);
    for (const [kind, button] of buttons) {
      button.hidden = !card.buttons[kind];
      write(button, card.buttons[kind]);
    }
    if (held && !root.contains(document.activeElement)) onward();
    const judged = card.verdict && `${card.verdict.right ? "\u2713" : "\u2717"} ${card.verdict.text}`;
    const said = card.note || judged || card.skipped;
    const look = card.note || !card.verdict ? "mq-note" : card.verdict.right ? "mq-right" : "mq-wrong";
    write(progress, model.get("progress"));
    // A screen reader hears it anew when it is written anew: not when another card was answered.
    const news = JSON.stringify([card.text, card.tries, said, card.solution]);
    if (news === told) return;
    told = news;
    verdict.setAttribute("aria-live", "polite");
    verdict.replaceChildren(...(said ? [make("p", { class: look }, said)] : []));
    const way = card.solution.map((line) => make("li", {}, line));
    if (way.length) verdict.append(make("ol", { class: "mq-way" }, ...way));
    rules.link();
  }

  /**
   * Amounts are plain text, until what the card shows is at rest and tells what is right.
   * @param {Question} card
   */
  function restless(card) {
    if (shown === JSON.stringify(card)) return;
    shown = JSON.stringify(card);
    count += 1;
    whys.hidden = !card.whys;
    clearTimeout(calm);
    why.moved(`${me}:${count}`);
    if (!card.whys) return;
    calm = setTimeout(() => {
      verdict.setAttribute("aria-live", "off"); // what becomes a button in it was said already
      why.rested({});
    }, TOLD_AT_REST);
  }

  /** What had the focus is gone: what was asked is read where it is new, else one goes on from here. */
  function onward() {
    const words = /** @type {HTMLElement | null} */ (root.querySelector(".mq-text"));
    const next = buttons.get("another");
    if (next && !next.hidden && model.get("_card").verdict) next.focus();
    else words?.focus();
  }

  /** @param {Question} card */
  function build(card) {
    const left = draft?.();
    if (left != null) drafts.set(asked, left);
    const means = /** @type {string} */ (card.kind) === "way" ? undefined : MEANS[card.kind](card, send);
    const steps = means ? undefined : way(card, send);
    const { node, read } = means ?? { node: steps?.node, read: undefined };
    set = means?.set ?? (() => {});
    mark = means?.mark;
    draft = means?.draft;
    const again = `${card.lead} ${card.text}`;
    if (drafts.has(again)) means?.put?.(drafts.get(again));
    drafts.delete(again);
    update = steps?.update;
    const here = root.contains(document.activeElement); // else another view, or Python, has gone on
    /** @param {string} kind */
    const button = (kind) => {
      const attributes = { type: "button", class: "mq-plain", onclick: () => tell({ kind }) };
      return make("button", attributes);
    };
    buttons = new Map(["skip", "hint", "another"].map((kind) => [kind, button(kind)]));
    verdict = make("div", { class: "mq-verdict", role: "status", "aria-live": "polite" });
    const press = { type: "button", class: "mq-check", onclick: () => read && send(read()) };
    const check = read && make("button", press, card.buttons.check || (card.buttons.skip ? "Answer" : "Check"));
    root.setAttribute("aria-label", card.lead);
    body.replaceChildren(
      make("p", { class: "mq-lead" }, card.lead),
      make("p", { class: "mq-text", tabindex: "-1" }, card.text),
      make("div", { class: "mq-answer" }, node, check),
      make("div", { class: "mq-buttons" }, ...buttons.values()),
      verdict,
      whys,
      silent,
      progress,
      skills.node,
    );
    if (asked !== null && here) (steps ? steps.first() : means?.first)?.focus();
  }

  // Whoever is about to take the card away may ask what stands there.
  root.addEventListener("mq-draft", (event) => {
    /** @type {CustomEvent} */ (event).detail.given = draft?.() ?? null;
  });
  /** @param {any} message */
  const hear = (message) => {
    received(message);
    why.received(message);
  };
  model.on("msg:custom", hear);
  model.on("change:_card", show);
  model.on("change:progress", show);
  show();
  return () => {
    close();
    clearTimeout(calm);
    rules.close();
    why.close();
    model.off("msg:custom", hear);
    model.off("change:_card", show);
    model.off("change:progress", show);
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
