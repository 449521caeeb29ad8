// Plotly's pictures of states, drawn once and then only swapped: that is what keeps a drag at the display's rate. Over
// each stand the handles of what can be dragged in it.

import { paint } from "./colours.js";
import { make, notice, sized } from "./dom.js";
import { ears } from "./ears.js";
import { gripped } from "./grips.js";
import { movement } from "./motion.js";
import { havePlotly } from "./plotly.js";

/** @import { Hand } from "./grips.js" */
/** @import { About, Drawing, Model, Pace, View } from "./types.d.ts" */

const ROOM = 1000; // px from which figures stand side by side
const PICTURES = 150; // drawn ones kept: a slider's states and then some
const MISSING =
  "There is no picture yet: the kernel has not sent what draws it. It may be busy with another cell; if it has stopped, run the cell again.";
const STILL = 60; // ms without a new state after which others are drawn ahead

/** @type {(work: (deadline: { timeRemaining(): number }) => void) => void} */
const later = globalThis.requestIdleCallback ?? ((work) => setTimeout(work, 50, { timeRemaining: () => 20 }));

/**
 * The figures of a panel.
 * @param {About} about
 * @param {HTMLElement} box where they stand
 * @param {Model} model where plotly comes from
 * @param {(key: string) => View | null} look the view of a state
 * @param {Hand} hand what moves the controls
 */
export function easel(about, box, model, look, hand) {
  const { node: missing, note } = notice();
  // Outside the notebook, which would lay itself out anew at each draw.
  const stage = make("div", { class: "mw-stage", "aria-hidden": "true" });
  document.body.append(stage);
  /** @type {Map<string, Element[]>} */
  const kept = new Map();
  /** The handles of each figure. @type {WeakMap<Element, ReturnType<typeof gripped>>} */
  const handles = new WeakMap();
  /** What makes each figure heard. @type {WeakMap<Element, ReturnType<typeof ears>>} */
  const hearing = new WeakMap();
  /** Each figure's pictures, by width, ground and place. @type {WeakMap<object, Map<string, Element>>} */
  const drawn = new WeakMap();
  const moving = movement();
  /** @type {Drawing | undefined} */
  let Plotly;
  /** @type {[string, View] | undefined} */
  let current;
  /** @type {string[]} */
  let queue = [];
  let busy = 0;
  let due = false;

  /**
   * How wide each figure is: figures with a share of the width stand side by side where there is room; those that
   * say how little they need stand in as few rows as they can, as many in each.
   * @param {View} view
   */
  function widths(view) {
    const full = box.clientWidth;
    const all = view.figures.length;
    return view.figures.map(({ layout: { meta } }) => {
      if (!meta?.least) return Math.floor(full * ((full >= ROOM && meta?.share) || 1));
      const rows = Math.ceil(all / Math.max(1, Math.floor(full / meta.least)));
      return Math.floor(full / Math.ceil(all / rows));
    });
  }

  /**
   * The pictures of a state for the width and ground there are now; undefined while plotly is on its way.
   * @param {string} key
   * @param {View} view
   * @returns {Element[] | undefined}
   */
  function pictures(key, view) {
    const width = box.clientWidth;
    const ground = document.body.dataset.jpThemeLight === "false" ? "dark" : "light";
    const id = `${width} ${ground} ${key}`;
    if (!Plotly || !width || kept.has(id)) return kept.get(id);
    const each = widths(view);
    const { react } = Plotly;
    const nodes = sized(stage, view.figures.length, "div").map((canvas, i) => {
      // States that came together share the figures that are the same in them: those are drawn once.
      const sheet = `${each[i]} ${ground} ${i}`;
      const known = drawn.get(view.figures[i]) ?? new Map();
      drawn.set(view.figures[i], known);
      if (known.has(sheet)) return known.get(sheet);
      const { data, layout } = paint(view.figures[i], about.colours, ground);
      react(canvas, data, { ...layout, width: each[i] }, { staticPlot: true });
      const svg = /** @type {Element} */ (canvas.querySelector(".svg-container"));
      const picture = /** @type {Element} */ (svg.cloneNode(true));
      picture.setAttribute("aria-hidden", "true"); // the figure around it has a name
      known.set(sheet, picture);
      return picture;
    });
    kept.set(id, nodes);
    for (const oldest of kept.keys()) {
      if (kept.size <= PICTURES) break;
      kept.delete(oldest);
    }
    return nodes;
  }

  /**
   * What a figure is called: its own name, or that of the panel's title.
   * @param {View} view
   * @param {number} i
   */
  function nameOf({ title, figures }, i) {
    return figures[i].layout.meta?.name || (figures.length > 1 ? `${title} (${i + 1} of ${figures.length})` : title);
  }

  /**
   * @param {string} key
   * @param {View} view
   * @param {Pace} [pace] how the pictures come from those that are shown; without one they are there at once
   */
  function show(key, view, pace) {
    current = [key, view];
    busy = performance.now();
    moving.finish();
    const nodes = pictures(key, view);
    const each = widths(view);
    sized(box, view.figures.length, "div", { class: "mw-figure", role: "img" }).forEach((figure, i) => {
      figure.style.minHeight = `${view.figures[i].layout.height}px`;
      figure.style.width = `${each[i]}px`;
      const heard = hearing.get(figure) ?? ears(figure);
      hearing.set(figure, heard);
      heard.set(view.figures[i].layout.meta, nameOf(view, i));
      const over = handles.get(figure) ?? gripped(hand);
      handles.set(figure, over);
      if (nodes) hang(figure, nodes[i], [over.node, ...heard.nodes], pace);
      over.lay(view.figures[i].layout, each[i], pace);
    });
  }

  /**
   * @param {Element} figure
   * @param {Element} picture
   * @param {Element[]} over its handles, and what is for the ears
   * @param {Pace} [pace]
   */
  function hang(figure, picture, over, pace) {
    const before = figure.firstElementChild;
    if (before === picture) return;
    if (!before) figure.append(picture, ...over);
    else if (pace) moving.go(before, picture, pace);
    else before.replaceWith(picture);
  }

  /**
   * The handles go with their controls, whatever is shown.
   * @param {Pace} [pace]
   */
  function follow(pace) {
    for (const figure of box.children) handles.get(figure)?.place(pace);
  }

  /**
   * Draw states that are likely to be wanted, while nothing moves.
   * @param {string[]} keys
   */
  function prepare(keys) {
    queue = keys.length > 1 ? [...queue, ...keys].slice(-PICTURES + 40) : queue;
    if (!due) later(work);
    due = true;
  }

  /** @param {{ timeRemaining(): number }} deadline */
  function work(deadline) {
    due = false;
    const rest = performance.now() - busy > STILL;
    // One at a time: a key that is pressed meanwhile waits for one draw at most.
    const key = rest && deadline.timeRemaining() > 5 && queue.shift();
    const view = key && look(key);
    if (view) pictures(key, view);
    if (!queue.length) return;
    due = true;
    if (rest) later(work);
    else setTimeout(() => later(work), STILL);
  }

  const now = () => current && show(...current);
  /** Once the page has found its new form: in the middle of a change of theme nothing has a width. */
  const again = () => requestAnimationFrame(now);
  const sizes = new ResizeObserver(again);
  const themes = new MutationObserver(again);
  sizes.observe(box);
  themes.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-jp-theme-name"] });
  addEventListener("beforeprint", now); // paper waits for no frame
  const leave = havePlotly(
    model,
    (loaded) => {
      Plotly = loaded;
      again();
    },
    (late) => note(late ? (model.get("_missing") ?? MISSING) : ""),
  );
  const close = () => {
    leave();
    moving.finish();
    for (const figure of box.children) hearing.get(figure)?.close();
    sizes.disconnect();
    themes.disconnect();
    removeEventListener("beforeprint", now);
    current = undefined;
    queue = [];
    kept.clear();
    if (Plotly) for (const canvas of stage.children) Plotly.purge(canvas);
    Plotly = undefined;
    stage.replaceChildren();
    stage.remove();
    box.replaceChildren();
  };
  return { missing, show, follow, prepare, close };
}
