// A question on a card: choose, type or put in order; the kernel judges. All text goes in as text, never as HTML.

import { keepKeys, make, newId } from "../panels/browser/dom.js";

/** The means to answer, by kind: each gives a node and a way to read what is given. */
const KINDS = {
  one(card, send) {
    const buttons = card.options.map(({ value, text }) =>
      make("button", { type: "button", class: "mq-option", "aria-pressed": String(card.given === value), onclick: () => send(value) }, text),
    );
    return { node: make("div", { class: "mq-options", role: "group", "aria-label": card.text }, ...buttons) };
  },
  several(card) {
    const boxes = card.options.map(({ value, text }) => {
      const box = make("input", { type: "checkbox", value, checked: (card.given || []).includes(value) });
      return [box, make("label", { class: "mq-box" }, box, ` ${text}`)];
    });
    const read = () => boxes.filter(([box]) => box.checked).map(([box]) => box.value);
    return { node: make("fieldset", {}, make("legend", { class: "mq-hidden" }, card.text), ...boxes.map(([, label]) => label)), read };
  },
  number(card, send) {
    const id = newId();
    const input = make("input", { id, type: "text", inputmode: "decimal", autocomplete: "off", value: card.given || undefined });
    input.addEventListener("keydown", (event) => event.key === "Enter" && send(input.value));
    const label = make("label", { for: id, class: "mq-hidden" }, card.unit ? `Your answer in ${card.unit}` : "Your answer");
    return { node: make("span", { class: "mq-number" }, label, input, card.unit), read: () => input.value, first: input };
  },
  order(card) {
    const texts = Object.fromEntries(card.options.map(({ value, text }) => [value, text]));
    let values = card.given || card.options.map(({ value }) => value);
    const node = make("ol", { class: "mq-order" });
    let held;
    const put = (value, at) => {
      values = values.filter((other) => other !== value);
      values.splice(at, 0, value);
      draw();
    };
    const step = (value, by) => {
      const at = Math.max(0, Math.min(values.length - 1, values.indexOf(value) + by));
      put(value, at);
      node.children[at].focus();
    };
    function draw() {
      node.replaceChildren(
        ...values.map((value, at) => {
          const arrow = (by, sign, word) =>
            make("button", { type: "button", "aria-label": `Move ${texts[value]} ${word}`, tabindex: "-1", onclick: () => step(value, by) }, sign);
          const name = `${at + 1}. ${texts[value]}. Arrow up and down move it.`;
          const item = make("li", { draggable: "true", tabindex: "0", "aria-label": name }, make("span", {}, texts[value]), arrow(-1, "\u2191", "up"), arrow(1, "\u2193", "down"));
          item.addEventListener("keydown", (event) => {
            const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
            if (!by) return;
            event.preventDefault();
            step(value, by);
          });
          item.addEventListener("dragstart", (event) => ((held = value), event.dataTransfer.setData("text/plain", texts[value])));
          item.addEventListener("dragover", (event) => event.preventDefault());
          item.addEventListener("drop", (event) => (event.preventDefault(), event.stopPropagation(), held && put(held, at)));
          return item;
        }),
      );
    }
    draw();
    return { node, read: () => values };
  },
};

function render({ model, el }) {
  const root = make("section", { class: "mq-card" });
  const progress = make("p", { class: "mq-progress" });
  keepKeys(root);
  el.append(root);
  let asked = null;
  let verdict;

  const send = (given) => model.send({ kind: "answer", given });

  /** Build the question once; after that only the verdict, so that nothing typed or chosen is lost. */
  function show() {
    const card = model.get("_card");
    if (asked !== card.text) build(card);
    asked = card.text;
    if (card.kind === "one")
      root.querySelectorAll(".mq-option").forEach((button, i) => button.setAttribute("aria-pressed", String(card.options[i].value === card.given)));
    const { right, text } = card.verdict || {};
    const said = card.note || (card.verdict && `${right ? "\u2713" : "\u2717"} ${text}`) || card.skipped;
    verdict.replaceChildren(...(said ? [make("p", { class: card.note || !card.verdict ? "mq-note" : right ? "mq-right" : "mq-wrong" }, said)] : []));
    if (card.solution.length) verdict.append(make("ol", { class: "mq-way" }, ...card.solution.map((line) => make("li", {}, line))));
    progress.textContent = model.get("progress");
  }

  function build(card) {
    const { node, read, first } = KINDS[card.kind](card, send);
    const button = (kind, label) => label && make("button", { type: "button", class: "mq-plain", onclick: () => model.send({ kind }) }, label);
    verdict = make("div", { class: "mq-verdict", role: "status", "aria-live": "polite" });
    const check = read && make("button", { type: "button", class: "mq-check", onclick: () => send(read()) }, card.buttons.skip ? "Answer" : "Check");
    root.setAttribute("aria-label", card.lead);
    root.replaceChildren(
      make("p", { class: "mq-lead" }, card.lead),
      make("p", { class: "mq-text" }, card.text),
      make("div", { class: "mq-answer" }, node, check),
      make("div", { class: "mq-buttons" }, ...["skip", "hint", "another"].map((kind) => button(kind, card.buttons[kind]))),
      verdict,
      progress,
    );
    if (asked !== null && first) first.focus();
  }

  model.on("change:_card", show);
  model.on("change:progress", show);
  show();
  return () => {
    model.off("change:_card", show);
    model.off("change:progress", show);
  };
}

export default { render };
