// A small copy of the exchange's positions and settle form. The kernel judges every step; this file shows it.

import { follow, keepKeys, make, newId, newName, notice, sized, write } from "../../panels/browser/dom.js";
import { correspondence } from "../../panels/browser/patience.js";
import { rulesIn } from "../../panels/browser/rules.js";
import { inSlots } from "../../panels/browser/slots.js";
import { reasons } from "../../panels/browser/why.js";

const AHEAD = 400; // ms for which a selector may show what the kernel has not yet answered
const AT_REST = 500; // ms after which what is shown is at rest
const AMOUNTS = ".ms-task, .ms-have, tbody td, .ms-said"; // where there are some
const TOGETHER = "p, tr";

/** @import { Message, Model } from "../../panels/browser/types.d.ts" */

/** @typedef {{ id: number, cells: string[] }} Position */

/**
 * @typedef {object} Shown what the form shows, as settle_form.py says it
 * @property {string} task
 * @property {string[]} tasks
 * @property {string} balances
 * @property {Position[]} positions
 * @property {number | null} picked
 * @property {Record<string, string>} types
 * @property {string} type
 * @property {string} quantity
 * @property {string} button
 * @property {boolean} buys
 * @property {[words: string, done: boolean][]} steps
 * @property {string} said
 * @property {boolean | null} right
 * @property {string} order
 */

/**
 * Show the form.
 * @param {{ model: Model, el: HTMLElement }} place
 * @returns {() => void} takes it away again
 */
function render({ model, el }) {
  const me = newName();
  const { node: silent, note } = notice();
  const {
    send: tell,
    received,
    close,
  } = correspondence({ name: newName(), send: (message) => model.send(message), note, clock: globalThis });
  let back = 0;
  /** @param {object} message */
  const send = (message) => {
    tell(message);
    clearTimeout(back);
    back = setTimeout(show, AHEAD);
  };
  /** @returns {Shown} */
  const shown = () => model.get("_shown");
  const [taskId, typeId, quantityId] = [newId(), newId(), newId()];
  const task = make("select", { id: taskId, onchange: () => pickTask(Number(task.value)) });
  const text = make("p", { class: "ms-task" });
  const steps = make("ol", { class: "ms-steps", "aria-label": "The four steps" });
  const have = make("p", { class: "ms-have" });
  const body = make("tbody");
  const heads = ["Pair", "Side", "Volume", "Opened at"].map((head) => make("th", { scope: "col" }, head));
  const last = make("th", { scope: "col" }, make("span", { class: "mw-hidden" }, "End it"));
  const top = make("thead", {}, make("tr", {}, ...heads, last));
  const positions = make("table", {}, make("caption", {}, "Positions"), top, body);
  const type = make("select", { id: typeId, onchange: () => send({ kind: "choose", type: type.value }) });
  const quantity = make("input", { id: quantityId, type: "text", inputmode: "decimal", autocomplete: "off" });
  const fill = () => {
    if (quantity.value.trim() !== shown().quantity) send({ kind: "fill", quantity: quantity.value });
  };
  quantity.addEventListener("change", fill);
  quantity.addEventListener("input", () => rest());
  const button = make("button", { type: "submit", class: "ms-go" });
  const form = make(
    "form",
    { class: "ms-form", "aria-label": "Order form" },
    make("label", { for: typeId }, "Order type"),
    type,
    make("label", { for: quantityId }, "Quantity, BTC"),
    quantity,
    button,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    fill();
    send({ kind: "press" });
  });
  const said = make("p", { class: "ms-said", role: "status" });
  const order = make("pre", { class: "ms-order" });
  const api = make("div", {}, make("p", {}, "The same as an order for the API, shown and never sent (B8):"), order);
  const startAgain = () => {
    quantity.value = "";
    send({ kind: "again" });
  };
  const again = make("button", { type: "button", class: "ms-again", onclick: startAgain }, "Start again");
  /** The task that was picked here and has not begun. @type {number | null} */
  let picked = null;
  let known = ""; // the quantity that the kernel has shown
  /** What was shown last, how many things were, and when it is at rest. */
  let seen = "";
  let count = 0;
  let calm = 0;
  const whys = make("div");
  const root = make(
    "section",
    { class: "ms-card", "aria-label": "Rehearse the settle form" },
    make("p", { class: "ms-lead" }, "A small copy of the exchange\u2019s form. Nothing is sent."),
    make("div", { class: "ms-row" }, make("label", { for: taskId }, "Rehearse"), task, again),
    text,
    make(
      "div",
      { class: "ms-desk" },
      make("div", {}, have, make("div", { class: "ms-table" }, positions), form),
      make("div", {}, steps, said, silent, whys, api),
    ),
  );
  keepKeys(root);
  el.append(root);
  const rules = rulesIn(root, model);
  const why = reasons({
    stage: root,
    home: whys,
    said: AMOUNTS,
    whole: TOGETHER,
    send: (message) => model.send(message),
    filled: rules.link,
  });
  /** @param {Message} message */
  const hear = (message) => {
    received(/** @type {any} */ (message));
    why.received(message);
  };

  /** Amounts are plain text, until nothing has been typed or shown for a while. */
  function rest() {
    clearTimeout(calm);
    why.moved("");
    said.setAttribute("aria-live", "polite");
    calm = setTimeout(() => {
      said.setAttribute("aria-live", "off"); // what becomes a button in it was said already
      why.moved(`${me}:${count}`);
      why.rested({});
    }, AT_REST);
  }

  /** @param {number} index */
  function pickTask(index) {
    picked = index;
    send({ kind: "task", task: index });
  }

  /** @param {Position} position */
  function line(position) {
    const name = `Close or settle ${position.cells.slice(0, 3).join(", ")}`;
    const cross = make("button", { type: "button", class: "ms-cross", title: name, "aria-label": name }, "\u2715");
    cross.addEventListener("click", () => send({ kind: "pick", id: position.id }));
    const cells = position.cells.map((cell, i) => make(i ? "td" : "th", i ? {} : { scope: "row" }, cell));
    return make("tr", {}, ...cells, make("td", {}, cross));
  }

  function show() {
    const now = shown();
    if (seen !== JSON.stringify(now)) {
      seen = JSON.stringify(now);
      count += 1;
      rest();
    }
    if (!task.options.length) task.append(...now.tasks.map((name, i) => make("option", { value: String(i) }, name)));
    if (!type.options.length)
      type.append(...Object.entries(now.types).map(([value, name]) => make("option", { value }, name)));
    task.value = String(model.get("task"));
    if (picked === model.get("task")) {
      quantity.value = ""; // what was typed was for another one
      picked = null;
    }
    write(text, now.task);
    write(have, `Your balance: ${now.balances}`);
    const lines = JSON.stringify(now.positions);
    if (body.dataset.lines !== lines) {
      body.dataset.lines = lines; // rebuilt only when something ended, so that the focus stays
      body.replaceChildren(...now.positions.map(line));
    }
    sized(steps, now.steps.length, "li").forEach((item, i) => {
      const [words, done] = now.steps[i];
      if (!item.firstChild) item.append(make("span"), make("span", { class: "mw-hidden" }));
      write(item.children[0], words);
      write(item.children[1], done ? ": done" : "");
      item.dataset.done = String(done);
    });
    const opened = form.hidden && now.picked !== null;
    form.hidden = now.picked === null;
    type.value = now.type;
    follow(quantity, known, now.quantity);
    known = now.quantity;
    write(button, now.button);
    button.dataset.buys = String(now.buys);
    write(said, now.said);
    said.dataset.right = String(now.right);
    api.hidden = !now.order;
    write(order, now.order);
    if (opened) type.focus({ preventScroll: true });
    rules.link();
  }
  form.hidden = true;
  model.on("msg:custom", hear);
  model.on("change:_shown", show);
  model.on("change:task", show);
  show();
  return () => {
    close();
    rules.close();
    why.close();
    clearTimeout(back);
    clearTimeout(calm);
    model.off("msg:custom", hear);
    model.off("change:_shown", show);
    model.off("change:task", show);
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
