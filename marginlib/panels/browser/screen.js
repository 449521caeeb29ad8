// What a panel shows for its values: the picture, which is title and figures, and below it words, strip and tables.

import { make, sized, write } from "./dom.js";
import { easel } from "./easel.js";

/** @import { Hand } from "./grips.js" */
/** @import { About, Model, Pace, Table, View } from "./types.d.ts" */

/**
 * The part that shows a view. Built once, then only changed.
 * @param {About} about
 * @param {Model} model where plotly comes from
 * @param {(key: string) => View | null} look the view of a state, to be drawn ahead
 * @param {Hand} hand what moves the controls where they are dragged in a figure
 */
export function screen(about, model, look, hand) {
  const saying = make("span");
  const title = make("h3", { class: "mw-title" }, saying);
  const alert = make("p", { class: "mw-alert", role: "note", hidden: true });
  const figures = make("div", { class: "mw-figures" });
  const instead = make("div", { class: "mw-instead", hidden: true });
  const lens = make("div", { class: "mw-lens" }, figures, instead);
  const words = make("div", { class: "mw-words" });
  const said = make("div", {}, alert, words);
  const told = make("div", { class: "mw-told" }, said);
  const strip = make("ol", { class: "mw-strip", "aria-label": about.strip });
  const tables = make("div", { class: "mw-tables" });
  const live = make("p", { class: "mw-hidden", "aria-live": "polite" });
  const art = easel(about, figures, model, look, hand);
  const picture = make("div", { class: "mw-screen mw-picture" }, title, art.missing, lens);
  const reading = make("div", { class: "mw-screen mw-reading" }, told, strip, tables, live);
  /** @type {WeakMap<HTMLElement, { shape: string, details: HTMLDetailsElement, body: HTMLElement }>} */
  const built = new WeakMap();
  /** @type {View | undefined} */
  let current;
  /** What was told last: the title, then each sentence. @type {string[] | undefined} */
  let spoken;

  /**
   * What makes it another table: its caption and its heads.
   * @param {Table} table
   */
  const shape = ({ caption, columns }) => JSON.stringify([caption, columns]);

  /**
   * A new table in its fold; a fold that was opened stays open.
   * @param {HTMLElement} box
   * @param {Table} table
   */
  function build(box, table) {
    const open = built.get(box)?.details.open ?? table.open;
    const heads = table.columns.map(({ label, number }) =>
      make(
        "th",
        { scope: "col", class: number && "mw-number" },
        label || make("span", { class: "mw-hidden" }, table.caption),
      ),
    );
    const body = make("tbody");
    const top = make("thead", {}, make("tr", {}, ...heads));
    const inner = make("table", {}, make("caption", {}, table.caption), top, body);
    const details = make("details", { open }, make("summary", {}, table.caption), inner);
    box.replaceChildren(details);
    const made = { shape: shape(table), details, body };
    built.set(box, made);
    return made;
  }

  /**
   * @param {HTMLElement} box
   * @param {Table} table
   */
  function fillTable(box, table) {
    const known = built.get(box);
    const { body } = known?.shape === shape(table) ? known : build(box, table);
    sized(body, table.rows.length, "tr").forEach((line, i) => {
      const row = table.rows[i];
      if (line.dataset.mark !== row.mark) line.dataset.mark = row.mark;
      if (line.children.length !== row.cells.length)
        line.replaceChildren(
          ...row.cells.map((_, j) =>
            j ? make("td", { class: table.columns[j].number && "mw-number" }) : make("th", { scope: "row" }),
          ),
        );
      for (const [j, cell] of row.cells.entries()) write(line.children[j], cell);
    });
  }

  /**
   * Words stand in the place of figures, with the room that those had: nothing around them moves.
   * @param {boolean} bare
   */
  function place(bare) {
    if (bare === !instead.hidden) return;
    if (bare) instead.style.minHeight = `${figures.offsetHeight}px`;
    instead.hidden = !bare;
    (bare ? instead : told).append(said);
  }

  /**
   * @param {string} key
   * @param {View} view
   * @param {Pace} [pace]
   */
  function show(key, view, pace) {
    current = view;
    spoken ??= sentences(view);
    write(saying, view.title);
    write(alert, view.alert || "");
    alert.hidden = !view.alert;
    for (const [i, p] of sized(words, view.words.length, "p").entries()) write(p, view.words[i]);
    strip.hidden = !view.strip.length;
    sized(strip, view.strip.length, "li").forEach((item, i) => {
      const [text, mark] = view.strip[i];
      write(item, text);
      if (item.dataset.mark === mark) return;
      item.dataset.mark = mark;
      item.setAttribute("aria-label", `${text}: ${mark}`);
    });
    for (const [i, box] of sized(tables, view.tables.length, "div").entries()) fillTable(box, view.tables[i]);
    place(!view.figures.length && (figures.childElementCount > 0 || !instead.hidden));
    art.show(key, view, pace);
  }

  /** @param {View} view */
  const sentences = (view) => [view.title, view.alert || "", ...view.words];

  /** Tell a screen reader what has changed, once things have come to rest: the title, and the first new sentence. */
  function say() {
    if (!current || !spoken) return;
    const known = spoken;
    const [first, ...others] = sentences(current);
    spoken = [first, ...others];
    const fresh = others.find((text) => text && !known.includes(text));
    if (fresh || first !== known[0]) write(live, fresh ? `${first}. ${fresh}` : first);
  }

  /** How high each figure is, and its share of the width, if it has one. */
  const sizes = () =>
    (current?.figures ?? []).map(({ layout }) => ({ height: layout.height, share: layout.meta?.share }));

  return {
    picture,
    reading,
    rooms: { title, saying, told, said },
    lens,
    figures,
    show,
    say,
    sizes,
    follow: art.follow,
    prepare: art.prepare,
    close: art.close,
  };
}
