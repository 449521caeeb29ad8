// A ledger on a screen: its timeline, which is moved and zoomed here, and its chapters, each row by row. Python reads
// the file and says what there is; a file of one's own is read here and handed to it, and to nobody else.

import { keepKeys, make, newId, newName, notice, sized, write } from "../../panels/browser/dom.js";
import { easel } from "../../panels/browser/easel.js";
import { correspondence } from "../../panels/browser/patience.js";
import { rulesIn } from "../../panels/browser/rules.js";
import { inSlots } from "../../panels/browser/slots.js";
import { inWords, moments, shifted, within, zoomed } from "./span.js";

/** @import { Figure, Message, Model, Table, View } from "../../panels/browser/types.d.ts" */
/** @import { Span } from "./span.js" */

/**
 * @typedef {object} Line a row, or what says how many rows alike there are, with those
 * @property {string} when
 * @property {string} type
 * @property {string} asset
 * @property {[name: string, text: string][]} numbers
 * @property {string} words
 * @property {string} wrong
 * @property {number} line
 * @property {boolean} fee
 * @property {Line[]} [run]
 */
/** @typedef {{ id: number, from: number, to: number, when: string, what: string, result: string, mark: string, flag: string }} Chapter */

/**
 * @typedef {object} Shown what there is, as book.py says it
 * @property {View} view
 * @property {boolean} own
 * @property {string} source
 * @property {string} wrong
 * @property {string} asset
 * @property {string[]} assets
 * @property {Span | []} span
 * @property {Span | []} window what the view is for, where it isn't all
 * @property {[at: number, lane: number, chapter: number][]} marks
 * @property {Chapter[]} chapters
 * @property {number} count of all chapters
 * @property {number} within of those in the window
 * @property {{ id: number, words: string[], rows: Line[], more: string } | null} opened
 * @property {string[]} findings
 * @property {{ on: boolean, said: string, right: boolean | null, found: number[] }} task
 */

const PART = 500_000; // bytes of a packed file that are handed over at once
const MOST = 500_000_000; // bytes of a file
const AT_REST = 250; // ms after which Python hears what is looked at
const FEW = 14; // chapters that are listed at first
const NEAR = 22; // px from a mark that still mean it
const MOVED = 4; // px that a pointer moves before it drags
const FASTER = 1.25; // a step of the wheel, which is the most that one of its events does
const LINE = 16; // px, where a wheel counts in lines
const HALF = 50; // px of the wheel for half the time: a trackpad's pinch is many events of a few px
const MINUS = "\u2212";

/**
 * @param {Uint8Array} bytes
 */
function inText(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

/** @param {number} count */
const many = (count) => count.toLocaleString("en");

/** @param {File} file */
async function packed(file) {
  const stream = file.stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Show a ledger.
 * @param {{ model: Model, el: HTMLElement }} place
 * @returns {() => void} takes it away again
 */
function render({ model, el }) {
  const about = model.get("_about");
  const { node: silent, note } = notice();
  const {
    send,
    received: heard,
    close,
  } = correspondence({
    name: newName(),
    send: (message) => model.send(message),
    note,
    clock: globalThis,
    silent: model.get("_silent"),
  });
  /** What Python says of a file of one's own: it is no part of the model, so that nothing can save it. @type {Shown | null} */
  let own = null;
  /** @returns {Shown} */
  const shown = () => (model.get("_shown").own && own) || model.get("_shown");
  /** @type {Span} */
  let span = [0, 1];
  let whole = "";
  let all = false;
  let frame = 0;
  let rest = 0;
  let drawn = 0;

  const [assetId, fileId] = [newId(), newId()];
  const title = make("h3", { class: "ml-title" });
  const source = make("p", { class: "ml-source" });
  const alert = make("p", { class: "ml-alert", role: "alert", hidden: true });
  const asset = make("select", { id: assetId, onchange: () => send({ kind: "asset", asset: asset.value }) });
  const where = make("output", { class: "ml-where", "aria-live": "polite" });
  /**
   * @param {string} text
   * @param {string} name
   * @param {() => Span} to
   */
  const mover = (text, name, to) =>
    make("button", { type: "button", "aria-label": name, title: name, onclick: () => look(to()) }, text);
  const movers = make(
    "div",
    { class: "ml-movers", role: "group", "aria-label": "The time that is shown" },
    mover("\u2190", "Earlier", () => shifted(span, -0.5)),
    mover("+", "Closer", () => zoomed(span, 2)),
    mover(MINUS, "From farther away", () => zoomed(span, 0.5)),
    mover("\u2192", "Later", () => shifted(span, 0.5)),
    mover("All", "All of it", () => /** @type {Span} */ (shown().span)),
  );
  const bar = make("div", { class: "ml-bar" }, make("label", { for: assetId }, "Show"), asset, movers, where);
  const figures = make("div", { class: "mw-figures ml-figures" });
  const hint = make(
    "p",
    { class: "ml-hint" },
    "Drag to move; Ctrl and the wheel, two fingers, or + and \u2212 to zoom; press a mark to open what it belongs to.",
  );
  const words = make("div", { class: "ml-words" });
  const seek = make("button", { type: "button", class: "ml-seek", onclick: () => send({ kind: "task" }) });
  const sought = make("p", { class: "ml-said", role: "status" });
  const count = make("p", { class: "ml-count" });
  const chapters = make("ol", { class: "ml-chapters" });
  const more = make("button", { type: "button", class: "ml-more" });
  more.addEventListener("click", () => {
    all = !all;
    list();
  });
  const findings = make("ul");
  const wrongs = make("details", { class: "ml-fold" }, make("summary"), findings);
  const tables = make("div");
  const file = make("input", {
    id: fileId,
    type: "file",
    accept: ".csv,.json,.zip,.gz,.txt,text/csv,application/json",
  });
  file.addEventListener("change", () => file.files?.[0] && hand(file.files[0]));
  const reading = make("p", { class: "ml-reading", role: "status" });
  const back = make("button", { type: "button", onclick: () => send({ kind: "sample" }) }, "Back to the sample");
  const mine = make(
    "div",
    { class: "ml-mine" },
    make("p", {}, make("label", { for: fileId }, "Read a ledger of your own: "), file, " ", back),
    make(
      "p",
      { class: "ml-promise" },
      "CSV or JSON, also zipped, as the exchange exports it. It is read where this runs and never leaves it: nothing " +
        "is sent anywhere, and nothing of it is saved with this page.",
    ),
    reading,
  );
  const veil = make("p", { class: "ml-veil" });
  const inner = make(
    "div",
    { class: "ml-inner" },
    title,
    source,
    bar,
    figures,
    hint,
    words,
    make("div", { class: "ml-task" }, seek, sought),
    count,
    chapters,
    more,
    wrongs,
    tables,
  );
  const root = make("section", { class: "ml-book", "aria-label": "A ledger" }, veil, alert, inner, mine, silent);
  keepKeys(root);
  el.append(root);
  const rules = rulesIn(root, model);
  const art = easel(about, figures, model, () => null, {
    controls: [],
    values: () => ({}),
    moved() {},
    warm() {},
  });
  inner.insertBefore(art.missing, figures);

  /**
   * Hand a file to Python, packed and in parts: no message is too long for the way.
   * @param {File} given
   */
  async function hand(given) {
    write(reading, `Reading ${given.name} \u2026`);
    file.value = "";
    try {
      if (given.size > MOST) throw new Error(`it has more than ${MOST / 1e6} MB; export fewer months at a time`);
      const bytes = await packed(given);
      const name = newName();
      for (let at = 0; at < bytes.length; at += PART)
        send({
          kind: "part",
          file: name,
          name: given.name,
          left: Math.max(0, bytes.length - at - PART),
          data: inText(bytes.subarray(at, at + PART)),
        });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      write(reading, `${given.name} can\u2019t be read here: ${why}.`);
    }
  }

  /**
   * Look at another time.
   * @param {Span | []} to
   */
  function look(to) {
    const now = shown();
    if (!now.span.length || !to.length) return;
    span = within(to, now.span);
    draw();
    list();
    clearTimeout(rest);
    if (now.window.length) rest = setTimeout(() => send({ kind: "window", from: span[0], to: span[1] }), AT_REST);
  }

  /**
   * A figure as far as its time is looked at: its axis, the shade of what is open, and what stands at its edge.
   * @param {Figure} figure
   * @param {Chapter | undefined} open
   * @returns {Figure}
   */
  function cut(figure, open) {
    const [from, to] = span;
    const wide = figures.clientWidth - (figure.layout.margin?.l ?? 0) - (figure.layout.margin?.r ?? 0);
    const at = moments(span, Math.max(3, Math.floor(wide / 70)));
    const pad = (to - from) * 0.02;
    const edge = open && Math.max(pad / 4, 0);
    const shade = open && {
      type: "rect",
      yref: "paper",
      layer: "below",
      ...{ x0: open.from - (edge ?? 0), x1: open.to + (edge ?? 0), y0: 0, y1: 1 },
      ...{ fillcolor: "role:line", opacity: 0.6, line: { width: 0 } },
    };
    const xaxis = {
      ...figure.layout.xaxis,
      range: /** @type {Span} */ ([from - pad, to + pad]),
      tickvals: at.map(([ms]) => ms),
      ticktext: at.map(([, text]) => (figure.layout.meta?.bare ? "" : text)),
    };
    const data = figure.data.map((/** @type {any} */ trace) =>
      trace.meta?.pinned ? { ...trace, x: trace.x.map(() => from - pad / 2) } : trace,
    );
    return { data, layout: { ...figure.layout, xaxis, ...(shade ? { shapes: [shade] } : {}) } };
  }

  function draw() {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => {
      const now = shown();
      if (!now.span.length || !figures.clientWidth) return; // once it has a width it is drawn
      const open = now.chapters.find(({ id }) => id === now.opened?.id);
      const view = { ...now.view, figures: now.view.figures.map((each) => cut(each, open)) };
      drawn += 1;
      art.show(`${drawn}`, view);
      write(where, inWords(span));
    });
  }

  /** The chapters of the time that is looked at. */
  function list() {
    const now = shown();
    const open = now.opened;
    const seen = now.chapters.filter(({ id, from, to }) => id === open?.id || (to >= span[0] && from <= span[1]));
    const some = all ? seen : seen.slice(0, Math.max(FEW, seen.findIndex(({ id }) => id === open?.id) + 1));
    for (const [i, item] of sized(chapters, some.length, "li").entries()) chapter(item, some[i]);
    more.hidden = seen.length <= FEW;
    write(more, all ? "Show fewer" : `Show all ${seen.length}`);
    const unlisted = now.window.length && now.within > now.chapters.length;
    const first = `The first ${many(seen.length)} of ${many(now.within)} events of this time`;
    const listed = now.count > seen.length ? `${many(seen.length)} of ${many(now.count)}` : `All ${many(now.count)}`;
    const told = unlisted ? `${first}. Zoom in for the others; open` : `${listed} events, by time. Open`;
    write(count, now.count ? `${told} one to see its rows.` : "");
    rules.link();
  }

  /**
   * @param {HTMLElement} item
   * @param {Chapter} told
   */
  function chapter(item, told) {
    const open = shown().opened;
    const isOpen = open?.id === told.id;
    const state = JSON.stringify([told, isOpen && open, isOpen && shown().task]);
    if (item.dataset.state === state) return;
    item.dataset.state = state;
    const had = item.contains(document.activeElement);
    if (!item.firstElementChild) {
      const button = make("button", { type: "button", class: "ml-chapter" });
      for (const part of ["when", "what", "flag", "result"]) button.append(make("span", { class: `ml-${part}` }));
      item.append(button);
    }
    const button = /** @type {HTMLElement} */ (item.firstElementChild);
    button.onclick = () => send({ kind: "open", chapter: isOpen ? null : told.id });
    button.setAttribute("aria-expanded", String(isOpen));
    for (const [i, text] of [told.when, told.what, told.flag].entries()) write(button.children[i], text);
    const [, sign = "", amount = ""] = /^([\u25b2\u25bc]?)(.*)$/.exec(told.result) ?? [];
    button.children[3].replaceChildren(make("span", { class: "ml-sign", "data-mark": told.mark }, sign), amount);
    while (item.children.length > 1) item.lastElementChild?.remove();
    if (isOpen && open) item.append(life(open, told));
    if (had && !item.contains(document.activeElement)) button.focus({ preventScroll: true });
  }

  /**
   * @param {Line} told
   * @returns {HTMLElement}
   */
  function row(told) {
    const { task } = shown();
    const numbers = told.numbers.map(([name, text]) => make("div", {}, make("dt", {}, name), make("dd", {}, text)));
    const found = task.on && task.found.includes(told.line);
    const ask = () => send({ kind: "point", line: told.line });
    return make(
      "li",
      { class: "ml-row", "data-wrong": Boolean(told.wrong), "data-found": found },
      make(
        "p",
        { class: "ml-head" },
        make("span", { class: "ml-time" }, told.when),
        make("span", { class: "ml-type" }, told.type),
        make("span", { class: "ml-asset" }, told.asset),
      ),
      make("dl", {}, ...numbers),
      make("p", { class: "ml-tells" }, told.words),
      told.wrong && make("p", { class: "ml-wrong" }, told.wrong),
      told.run &&
        make(
          "details",
          { class: "ml-fold" },
          make("summary", {}, "Each of them"),
          make("ol", { class: "ml-rows" }, ...told.run.map(row)),
        ),
      task.on &&
        told.fee &&
        !found &&
        make("button", { type: "button", class: "ml-this", onclick: ask }, "I didn\u2019t expect this fee"),
      found && make("p", { class: "ml-found" }, "\u2713 found"),
    );
  }

  /**
   * A chapter row by row.
   * @param {NonNullable<Shown["opened"]>} open
   * @param {Chapter} told
   */
  function life(open, told) {
    const zoom = make(
      "button",
      { type: "button", class: "ml-zoom", onclick: () => look(around(told)) },
      "Show its time",
    );
    return make(
      "div",
      { class: "ml-life" },
      ...open.words.map((text) => make("p", {}, text)),
      zoom,
      make("ol", { class: "ml-rows" }, ...open.rows.map(row)),
      open.more && make("p", {}, open.more),
    );
  }

  /**
   * The time of a chapter, with some room.
   * @param {Chapter} told
   * @returns {Span}
   */
  function around({ from, to }) {
    const room = Math.max((to - from) * 0.1, 3_600_000);
    return [from - room, to + room];
  }

  /** @param {Table} told */
  function table({ caption, columns, rows, open }) {
    const kind = (/** @type {number} */ i) => columns[i].number && "ml-number";
    const heads = columns.map(({ label }, i) => make("th", { scope: "col", class: kind(i) }, label));
    const lines = rows.map(({ cells, mark }) =>
      make(
        "tr",
        { "data-mark": mark },
        ...cells.map((cell, i) => make(i ? "td" : "th", i ? { class: kind(i) } : { scope: "row" }, cell)),
      ),
    );
    const made = make(
      "table",
      {},
      make("caption", { class: "mw-hidden" }, caption),
      make("thead", {}, make("tr", {}, ...heads)),
      make("tbody", {}, ...lines),
    );
    const box = make("div", { class: "ml-table", tabindex: "0", role: "group", "aria-label": caption }, made);
    return make("details", { class: "ml-fold", open }, make("summary", {}, caption), box);
  }

  function show() {
    const now = shown();
    const hidden = model.get("_shown").own && !own;
    if (hidden) send({ kind: "show" }); // this view has come later than the file
    write(title, now.view.title);
    write(source, now.source);
    write(alert, now.wrong);
    alert.hidden = !now.wrong;
    write(reading, "");
    back.hidden = !now.own;
    const names = JSON.stringify(now.assets);
    if (asset.dataset.names !== names) {
      asset.dataset.names = names;
      asset.replaceChildren(...now.assets.map((each) => make("option", { value: each }, each)));
    }
    asset.value = now.asset;
    for (const [i, p] of sized(words, now.view.words.length, "p").entries()) write(p, now.view.words[i]);
    write(seek, now.task.on ? "Enough of that" : "Find the fees you didn\u2019t expect");
    write(sought, now.task.said);
    sought.dataset.right = String(now.task.right);
    sought.hidden = !now.task.said;
    wrongs.hidden = !now.findings.length;
    write(
      /** @type {Node} */ (wrongs.firstChild),
      `What doesn\u2019t add up, or couldn\u2019t be read: ${now.findings.length}`,
    );
    for (const [i, item] of sized(findings, now.findings.length, "li").entries()) write(item, now.findings[i]);
    const told = JSON.stringify(now.view.tables);
    if (tables.dataset.told !== told) {
      tables.dataset.told = told;
      tables.replaceChildren(...now.view.tables.map(table));
    }
    bar.hidden = hint.hidden = !now.span.length;
    if (whole !== JSON.stringify([now.source, now.span])) {
      whole = JSON.stringify([now.source, now.span]);
      all = false;
      if (now.span.length) span = [...now.span];
    }
    draw();
    list();
  }

  function cover() {
    write(veil, model.get("veil"));
    root.toggleAttribute("data-veiled", Boolean(model.get("veil")));
    draw();
  }

  // The picture by pointer: dragged, pinched, wheeled; a press that moves nothing means the mark below it.
  /** @type {Map<number, { x: number, y: number }>} */
  const fingers = new Map();
  let dragged = 0;
  /** How the picture's pixels lie along its time. */
  function scale() {
    const { margin } = shown().view.figures[0].layout;
    const { left, width } = figures.getBoundingClientRect();
    const [start, wide] = [left + (margin?.l ?? 0), width - (margin?.l ?? 0) - (margin?.r ?? 0)];
    const pad = (span[1] - span[0]) * 0.02;
    const per = (span[1] - span[0] + 2 * pad) / Math.max(1, wide);
    return { per, at: (/** @type {number} */ x) => span[0] - pad + (x - start) * per };
  }
  /** @param {PointerEvent} event */
  function pressed(event) {
    if (event.button !== 0 || !shown().span.length) return;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (fingers.size === 1) dragged = 0;
  }
  /** @param {PointerEvent} event */
  function moved(event) {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const { per, at } = scale();
    const by = event.clientX - before.x;
    dragged += Math.abs(by) + (fingers.size > 1 ? MOVED : 0);
    if (fingers.size === 1 && dragged < MOVED) return;
    if (!figures.hasPointerCapture(event.pointerId)) figures.setPointerCapture(event.pointerId);
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const apart = Math.max(20, Math.abs(event.clientX - other.x)) / Math.max(20, Math.abs(before.x - other.x));
      look(zoomed(span, apart, at(other.x)));
    } else look([span[0] - by * per, span[1] - by * per]);
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  }
  /** @param {PointerEvent} event */
  function released(event) {
    if (!fingers.delete(event.pointerId) || fingers.size || dragged >= MOVED || event.type !== "pointerup") return;
    const found = nearest(event.clientX, event.clientY);
    if (found !== undefined) send({ kind: "open", chapter: found });
  }
  /**
   * The chapter of the mark nearest to a place.
   * @param {number} x
   * @param {number} y
   */
  function nearest(x, y) {
    const now = shown();
    const lanes = now.view.figures.at(-1)?.layout;
    const box = figures.lastElementChild?.getBoundingClientRect();
    if (!lanes?.yaxis?.range || !box || y < box.top || y > box.bottom) return undefined;
    const { per, at } = scale();
    const { t = 0, b = 0 } = lanes.margin ?? {};
    const [low, high] = lanes.yaxis.range;
    const pixel = (lanes.height - t - b) / (high - low);
    let best = { far: NEAR, id: /** @type {number | undefined} */ (undefined) };
    for (const [ms, lane, id] of now.marks) {
      const far = Math.hypot((ms - at(x)) / per, box.top + t + (high - lane) * pixel - y);
      if (far < best.far) best = { far, id };
    }
    return best.id;
  }
  /** @param {WheelEvent} event */
  function wheeled(event) {
    if (!(event.ctrlKey || event.metaKey) || !shown().span.length) return;
    event.preventDefault();
    const by = 2 ** ((-event.deltaY * (event.deltaMode ? LINE : 1)) / HALF);
    look(zoomed(span, Math.min(FASTER, Math.max(1 / FASTER, by)), scale().at(event.clientX)));
  }
  /** @param {KeyboardEvent} event */
  function keyed(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    /** @type {Record<string, () => Span | []>} */
    const keys = {
      ArrowLeft: () => shifted(span, -0.2),
      ArrowRight: () => shifted(span, 0.2),
      "+": () => zoomed(span, 2),
      "=": () => zoomed(span, 2),
      "-": () => zoomed(span, 0.5),
      0: () => shown().span,
    };
    const to = keys[event.key];
    if (!to) return;
    event.preventDefault();
    look(to());
  }
  figures.addEventListener("pointerdown", pressed);
  figures.addEventListener("pointermove", moved);
  figures.addEventListener("pointerup", released);
  figures.addEventListener("pointercancel", released);
  figures.addEventListener("wheel", wheeled, { passive: false });
  figures.addEventListener("keydown", keyed);
  // A file may also be dropped anywhere on it.
  root.addEventListener("dragover", (event) => event.preventDefault());
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    const given = event.dataTransfer?.files[0];
    if (given) hand(given);
  });

  /** @param {Message | { kind: "shown", shown: Shown }} message */
  const onMessage = (message) => {
    heard(message);
    if (message.kind !== "shown") return;
    own = message.shown;
    show();
  };
  const onShown = () => {
    if (!model.get("_shown").own) own = null;
    show();
  };
  const sizes = new ResizeObserver(draw);
  sizes.observe(figures);
  model.on("msg:custom", onMessage);
  model.on("change:_shown", onShown);
  model.on("change:veil", cover);
  show();
  cover();
  return () => {
    close();
    rules.close();
    sizes.disconnect();
    clearTimeout(rest);
    cancelAnimationFrame(frame);
    art.close();
    model.off("msg:custom", onMessage);
    model.off("change:_shown", onShown);
    model.off("change:veil", cover);
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
