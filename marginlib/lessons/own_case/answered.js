// What an account comes to: a picture, sentences, and below them the questions one has, each with its table.

import { make, sized, write } from "../../panels/browser/dom.js";
import { easel } from "../../panels/browser/easel.js";
import { sharing } from "../../panels/browser/sharing.js";

/** @import { About, Figure, Model, Table, View } from "../../panels/browser/types.d.ts" */

/**
 * @typedef {object} Part one question and its answer
 * @property {string} title
 * @property {string[]} words
 * @property {Table[]} tables
 * @property {[label: string, text: string][]} orders as the API takes them
 * @property {boolean} open
 */

/**
 * @typedef {object} Answers
 * @property {string} title
 * @property {string} alert
 * @property {string[]} gist the answer in short
 * @property {Figure[]} figures
 * @property {string[]} words
 * @property {Part[]} parts
 * @property {string[]} foot what all of it rests on
 */

const SPEECH = 900; // ms after which a screen reader hears what the answer has become

/**
 * @param {Model} model
 * @param {About["colours"]} colours
 */
export function answered(model, colours) {
  const title = make("h3", { class: "mw-title" });
  const alert = make("p", { class: "mw-alert", role: "note", hidden: true });
  const gist = make("ul", { class: "mc-gist", "aria-label": "In short" });
  /** Where the button for all amounts stands. */
  const whys = make("div", { class: "mc-whys" });
  const figures = make("div", { class: "mw-figures" });
  const words = make("div", { class: "mw-words", tabindex: "-1" });
  const parts = make("div", { class: "mc-parts" });
  const foot = make("div", { class: "mc-foot" });
  const live = make("p", { class: "mw-hidden", "aria-live": "polite" });
  const nothing = /** @type {any} */ (() => {});
  const hand = { controls: [], values: () => ({}), moved: nothing, warm: nothing };
  const art = easel(/** @type {any} */ ({ colours }), figures, model, () => null, hand);
  const node = make(
    "div",
    { class: "mc-told" },
    title,
    alert,
    gist,
    whys,
    art.missing,
    figures,
    words,
    parts,
    foot,
    live,
  );
  /** Where the answer stands below the paper: what it says, in short, for whoever writes. */
  const brief = make("p", { class: "mc-brief", "aria-hidden": "true" });
  let drawn = 0;
  let speech = 0;
  let spoken = "";
  /** What each part was made of. @type {WeakMap<Element, string>} */
  const made = new WeakMap();
  /** The parts that somebody has opened or closed: they stay so. @type {WeakSet<Element>} */
  const touched = new WeakSet();

  /** @param {Table} table */
  function tableOf({ caption, columns, rows }) {
    const heads = columns.map(({ label, number }) =>
      make(
        "th",
        { scope: "col", class: number && "mw-number" },
        label || make("span", { class: "mw-hidden" }, caption),
      ),
    );
    const body = rows.map(({ cells, mark }) =>
      make(
        "tr",
        { "data-mark": mark || undefined },
        ...cells.map((cell, at) =>
          at
            ? make(
                "td",
                { class: columns[at].number && "mw-number", "data-label": columns[at].label },
                make("span", {}, cell), // one piece, even where amounts in it become buttons
              )
            : make("th", { scope: "row" }, cell),
        ),
      ),
    );
    const inner = make(
      "table",
      {},
      make("caption", {}, caption),
      make("thead", {}, make("tr", {}, ...heads)),
      make("tbody", {}, ...body),
    );
    // A table of many columns has a block for each row where there is no room for them.
    const size = columns.length > 5 ? "wide" : columns.length > 2 ? "middling" : undefined;
    const about = { class: "mc-table", tabindex: "0", role: "group", "aria-label": caption, "data-size": size };
    const around = make("div", about, inner);
    for (const cell of inner.querySelectorAll("td")) cell.toggleAttribute("data-none", /^–?$/.test(cell.textContent));
    return around;
  }

  /** @param {[label: string, text: string]} order */
  function orderOf([label, text]) {
    const copy = sharing(() => text, "order");
    copy.parts[0].setAttribute("aria-label", `Copy order: ${label}`);
    const head = make("p", { class: "mc-order-head" }, make("span", {}, label), ...copy.parts);
    return make("div", { class: "mc-order" }, head, make("pre", { tabindex: "0", "aria-label": label }, text));
  }

  /** @param {Part} part @param {Element} box */
  function fill(part, box) {
    const known = JSON.stringify(part);
    if (made.get(box) === known) return;
    made.set(box, known);
    const before = box.querySelector("details");
    const same = before?.querySelector("summary")?.textContent === part.title;
    const open = same && touched.has(box) ? before?.open : part.open;
    const orders = part.orders.length
      ? [make("p", { class: "mc-help" }, "As an order for the API: shown, never sent (B8).")]
      : [];
    box.replaceChildren(
      make(
        "details",
        { open },
        make("summary", { onclick: () => touched.add(box) }, make("h4", {}, part.title)),
        ...part.words.map((each) => make("p", {}, each)),
        ...part.tables.map(tableOf),
        ...orders,
        ...part.orders.map(orderOf),
      ),
    );
  }

  function say() {
    const now = [title.textContent, alert.textContent].filter(Boolean).join(". ");
    if (spoken && now !== spoken) write(live, now);
    spoken = now;
  }

  return {
    node,
    brief,
    whys,
    /** @param {Answers} answers */
    show(answers) {
      node.hidden = false;
      write(title, answers.title);
      write(brief, answers.title);
      write(alert, answers.alert);
      alert.hidden = !answers.alert;
      for (const [at, li] of sized(gist, answers.gist.length, "li").entries()) write(li, answers.gist[at]);
      gist.hidden = !answers.gist.length;
      whys.hidden = gist.hidden;
      for (const [at, p] of sized(words, answers.words.length, "p").entries()) write(p, answers.words[at]);
      for (const [at, box] of sized(parts, answers.parts.length, "div").entries()) fill(answers.parts[at], box);
      for (const [at, p] of sized(foot, answers.foot.length, "p").entries()) write(p, answers.foot[at]);
      drawn += 1;
      art.show(String(drawn), /** @type {View} */ (/** @type {any} */ (answers)));
      clearTimeout(speech);
      speech = setTimeout(say, SPEECH);
    },
    /** There is nothing to be said of what is written now. */
    clear() {
      node.hidden = true;
      write(brief, "");
    },
    close() {
      clearTimeout(speech);
      art.close();
    },
  };
}
