// A slider's track: filled from its start, or from zero where it goes both ways, and with the points where something
// comes or goes along it.

import { make, newId, write } from "./dom.js";
import { spread } from "./happens.js";
import { readable } from "./numbers.js";
import { shareOf } from "./places.js";

/** @import { Mark } from "./happens.js" */
/** @import { SliderControl } from "./types.d.ts" */

const THUMB = 16; // px: at the ends its middle is half of that inside
const APART = 7; // px between two names
const CLOSE = 8; // px from a mark at which the pointer is told about it
const TOGETHER = 9; // px between marks that have one name: closer ones aren't told apart

/**
 * The points of a track: their names in the order of the track, with the ends between which they lie.
 * @typedef {{ names: string[], told: string, share: number }} Point
 */

/**
 * @param {SliderControl} control
 * @param {HTMLInputElement} input
 */
export function track(control, input) {
  const zero = Number(control.least) < 0 && Number(control.most) > 0 ? shareOf(control, "0") : null;
  const layer = make("div", { class: "mw-marks", "aria-hidden": "true" });
  const told = make("span", { id: newId(), hidden: true });
  const node = make("div", { class: "mw-track" }, layer, input, told);
  /** @type {Mark[] | null | undefined} */
  let known;
  /** @type {Mark[]} */
  let marks = [];
  let wide = 0; // px; asked of the page only where it changes: in a drag that would have all laid out anew
  /** How long names are. @type {Map<string, number>} */
  const lengths = new Map();
  /** What is drawn. */
  let drawn = "";
  /** @type {Point[]} */
  let points = [];
  let scale = 1; // the whole range, in lengths of the track: it may end where the values do that change anything
  let value = control.least;
  const unit = control.unit && ` ${control.unit}`;
  const sizes = new ResizeObserver(() => {
    wide = node.clientWidth;
    draw();
  });
  sizes.observe(node);

  /** @param {Mark} mark */
  const where = ({ low, high }) => `between ${readable(low)} and ${readable(high)}${unit}`;

  /**
   * Where a share of the range is, in pixels.
   * @param {number} share
   */
  const pixel = (share) => THUMB / 2 + share * scale * (wide - THUMB);

  function draw() {
    const next = JSON.stringify([wide, marks, scale]);
    if (!wide || next === drawn) return;
    drawn = next;
    points = [];
    for (const mark of marks.filter(({ share }) => share * scale <= 1)) {
      const before = points.at(-1);
      const text = mark.names.join(", ");
      if (before && pixel(mark.share) - pixel(before.share) < TOGETHER) {
        before.names = [...new Set([...before.names, ...mark.names])];
        before.told += `; ${text}: ${where(mark)}`;
      } else points.push({ names: mark.names, told: `${text}: ${where(mark)}`, share: mark.share });
    }
    let labels = points.map(({ names, share }) => label(names.join(", "), share));
    let middles = spread(labels, -APART / 2, wide + APART / 2);
    if (middles.includes(null)) {
      // There isn't room for all names: then the pointer alone is told all of them.
      labels = points.map(({ names: [first, ...others], share }) =>
        label(others.length ? `${first} +${others.length}` : first, share),
      );
      middles = spread(labels, -APART / 2, wide + APART / 2);
    }
    const nodes = points.map(({ share }) => tick(share, "mw-tick"));
    for (const [i, middle] of middles.entries()) if (middle !== null) nodes.push(name(labels[i].text, middle));
    if (zero !== null) {
      nodes.push(tick(zero, "mw-tick mw-zero"));
      const free = middles.every((at, i) => at === null || Math.abs(at - pixel(zero)) > labels[i].wide / 2 + APART);
      if (free) nodes.push(name("0", pixel(zero)));
    }
    layer.replaceChildren(...nodes);
  }

  /**
   * How long a name is, in pixels.
   * @param {string} text
   */
  function long(text) {
    const before = lengths.get(text);
    if (before) return before;
    const probe = name(text, 0);
    layer.append(probe);
    const { offsetWidth } = probe;
    probe.remove();
    if (offsetWidth) lengths.set(text, offsetWidth);
    return offsetWidth;
  }

  /**
   * @param {string} text
   * @param {number} share
   */
  const label = (text, share) => ({ text, wish: pixel(share), wide: long(text) + APART });

  /**
   * @param {number} share
   * @param {string} kind
   */
  const tick = (share, kind) => make("i", { class: kind, style: `left:${pixel(share)}px` });

  /**
   * @param {string} text
   * @param {number} middle
   */
  const name = (text, middle) => make("span", { class: "mw-mark", style: `left:${middle}px` }, text);

  node.addEventListener("pointermove", ({ clientX }) => {
    const at = clientX - node.getBoundingClientRect().left;
    const found = points.filter(({ share }) => Math.abs(pixel(share) - at) < CLOSE);
    const title = found.map((point) => point.told).join("\n");
    if (node.title !== title) node.title = title;
  });

  return {
    node,

    /** @param {Mark[] | null} next null: they aren't known, and old ones would be wrong */
    mark(next) {
      if (next === known) return;
      known = next;
      marks = next ?? [];
      draw();
      write(told, marks.map((mark) => `${mark.names.join(", ")} ${where(mark)}`).join("; "));
      if (marks.length) input.setAttribute("aria-describedby", told.id);
      else input.removeAttribute("aria-describedby");
    },

    /** @param {string} next */
    set(next) {
      value = next;
      const share = Math.min(1, shareOf(control, value) * scale);
      const thumb = `calc(${THUMB / 2}px + (100% - ${THUMB}px) * ${share})`;
      const from = zero === null ? "0px" : `calc(${THUMB / 2}px + (100% - ${THUMB}px) * ${zero * scale})`;
      const left = zero === null || share >= zero * scale;
      node.style.setProperty("--mw-from", left ? from : thumb);
      node.style.setProperty("--mw-to", left ? thumb : from);
    },

    /** @param {string} most where it ends */
    end(most) {
      scale = 1 / shareOf(control, most);
      this.set(value);
      draw();
    },

    close: () => sizes.disconnect(),
  };
}
