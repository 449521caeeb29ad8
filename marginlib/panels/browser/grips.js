// Handles over drawn figures: a mark that is a control is dragged where it stands. For the pointer only, for the
// keyboard has the slider; both go the same way.

import { make } from "./dom.js";
import { sign } from "./icons.js";
import { GLIDE } from "./motion.js";
import { readable } from "./numbers.js";
import { axisOf, placeAt, shareAt, shareOf, valueAt } from "./places.js";

/** @import { Control, Figure, Grip, Pace, Values } from "./types.d.ts" */

const THICK = 24; // px in which a mark can be taken hold of
const EDGE = 13; // px from a figure's edge that a knob keeps
const DWELL = 100; // ms that the pointer rests on a handle before its states are asked for

/**
 * @typedef {object} Hand
 * @property {Control[]} controls
 * @property {() => Values} values
 * @property {(name: string, value: string, settled: boolean, pace?: Pace) => void} moved
 * @property {(name: string) => void} warm hears that a control is about to move
 */

/** @typedef {{ grip: Grip, control: Control, node: HTMLElement, knob: HTMLElement, mark: number }} Handle */

/**
 * How a value is said in short.
 * @param {Control} control
 * @param {string} value
 */
function told(control, value) {
  if (control.kind === "walk") return `${control.label}: ${control.steps[Number(value) - 1]}`;
  const unit = control.kind === "slider" && control.unit ? ` ${control.unit}` : "";
  return `${control.label}: ${control.kind === "slider" ? readable(value) : value}${unit}`;
}

/**
 * The handles of one figure.
 * @param {Hand} hand
 */
export function gripped({ controls, values, moved, warm }) {
  const node = make("div", { class: "mw-grips", "aria-hidden": "true" });
  /** @type {Handle[]} */
  let handles = [];
  /** @type {Figure["layout"] | undefined} */
  let layout;
  let width = 0;
  /** @type {{ handle: Handle, off: number, first: string, last: string, pointer: number } | null} */
  let drag = null;
  /** @type {Handle | null} */
  let near = null;
  let dwell = 0;

  /** @param {Grip} grip */
  function handle(grip) {
    const control = controls.find(({ name }) => name === grip.control);
    if (!control) return [];
    const knob = make("span", { class: "mw-knob" });
    knob.append(sign(grip.axis === "y" ? "up" : "across"));
    const made = make("div", { class: "mw-grip", "data-axis": grip.axis, "data-control": grip.control }, knob);
    return [{ grip, control, node: made, knob, mark: 0 }];
  }

  /**
   * A figure is drawn.
   * @param {Figure["layout"]} drawn
   * @param {number} wide
   * @param {Pace} [pace]
   */
  function lay(drawn, wide, pace) {
    layout = drawn;
    width = wide;
    const grips = drawn.meta?.grips ?? [];
    const same = handles.length === grips.length && handles.every(({ grip }, i) => grip.control === grips[i].control);
    if (same) for (const [i, each] of handles.entries()) each.grip = grips[i];
    else if (!drag) {
      handles = grips.flatMap(handle);
      hover(null);
      node.replaceChildren(...handles.map((each) => each.node));
    }
    place(pace);
  }

  /**
   * The handles stand where their controls do, whatever the picture shows: it may be waited for.
   * @param {Pace} [pace]
   */
  function place(pace) {
    const now = values();
    for (const each of handles) {
      const value = now[each.grip.control];
      each.node.hidden = value === "";
      if (!each.node.hidden && layout) stand(each, value, layout, pace);
    }
  }

  /**
   * @param {Handle} each
   * @param {string} value
   * @param {Figure["layout"]} drawn
   * @param {Pace} [pace]
   */
  function stand(each, value, drawn, pace) {
    const { grip, control, node: box, knob } = each;
    const up = grip.axis === "y";
    each.mark = axisOf(drawn, grip.axis, width).pixel(placeAt(grip.places, shareOf(control, value)));
    const other = axisOf(drawn, up ? "x" : "y", width);
    const [from, to] = grip.across.length ? grip.across.map(other.pixel) : other.ends;
    const room = up ? width : drawn.height;
    const end = Math.min(room - EDGE, Math.max(EDGE, to));
    const [low, high] = [Math.min(from, end - THICK / 2), Math.max(from, end + THICK / 2)];
    const { style } = box;
    const long = `${high - low}px`;
    style.transition = pace
      ? `transform ${pace.ms}ms ${pace.even ? "linear" : "cubic-bezier(0.65, 0, 0.35, 1)"}`
      : "none";
    style.inset = up ? `0 auto auto ${low}px` : `${low}px auto auto 0`;
    style.width = up ? long : `${THICK}px`;
    style.height = up ? `${THICK}px` : long;
    style.transform = `translate${up ? "Y" : "X"}(${each.mark - THICK / 2}px)`;
    const along = `${end - low - THICK / 2}px`;
    knob.style.translate = up ? along : `0 ${along}`; // as a transform it would be scaled along with a smaller knob
    const title = told(control, value);
    if (box.title !== title) box.title = title;
  }

  /**
   * The handle that is meant: of those under the pointer the one whose mark is nearest.
   * @param {PointerEvent} event
   * @returns {Handle | null}
   */
  function meant(event) {
    const under = handles.filter(({ node: { hidden }, node: each }) => {
      const { left, right, top, bottom } = each.getBoundingClientRect();
      const { clientX: x, clientY: y } = event;
      return !hidden && x >= left && x <= right && y >= top && y <= bottom;
    });
    const far = (/** @type {Handle} */ each) => Math.abs(pointed(event, each) - each.mark);
    return under.sort((one, other) => far(one) - far(other))[0] ?? null;
  }

  /**
   * Where the pointer is along a handle's axis, in the figure's pixels.
   * @param {PointerEvent} event
   * @param {Handle} each
   */
  function pointed(event, { grip }) {
    const { left, top, width: seen } = node.getBoundingClientRect();
    const scale = seen / node.offsetWidth || 1; // of a picture that is shown smaller or larger than it is drawn
    return (grip.axis === "y" ? event.clientY - top : event.clientX - left) / scale;
  }

  /** @param {Handle | null} next */
  function hover(next) {
    if (next === near) return;
    clearTimeout(dwell);
    near = next;
    for (const each of handles) each.node.toggleAttribute("data-near", each === near);
    node.dataset.axis = near?.grip.axis ?? "";
    const name = near?.grip.control;
    if (name) dwell = setTimeout(() => warm(name), DWELL);
  }

  /** @param {PointerEvent} event */
  function press(event) {
    const handle = meant(event);
    if (!handle || drag || event.button) return;
    const name = handle.grip.control;
    const first = values()[name];
    drag = { handle, off: pointed(event, handle) - handle.mark, first, last: first, pointer: event.pointerId };
    node.setPointerCapture(event.pointerId);
    node.toggleAttribute("data-held", true);
    hover(handle);
    warm(name);
  }

  /** @param {PointerEvent} event */
  function move(event) {
    if (!drag) {
      hover(meant(event));
      return;
    }
    if (event.pointerId !== drag.pointer || !layout) return;
    const { handle, off } = drag;
    const { grip, control } = handle;
    const place = axisOf(layout, grip.axis, width).place(pointed(event, handle) - off);
    const value = valueAt(control, shareAt(grip.places, place));
    if (value === drag.last) return;
    drag.last = value;
    moved(grip.control, value, false);
  }

  /** @param {PointerEvent} event */
  function release(event) {
    if (event.pointerId !== drag?.pointer) return;
    const { handle, first, last } = drag;
    drag = null;
    node.toggleAttribute("data-held", false);
    hover(null);
    if (first !== last) moved(handle.grip.control, last, true, GLIDE);
  }

  node.addEventListener("pointerdown", press);
  node.addEventListener("pointermove", move);
  node.addEventListener("pointerleave", () => drag || hover(null));
  for (const over of ["pointerup", "pointercancel", "lostpointercapture"])
    node.addEventListener(over, (event) => release(/** @type {PointerEvent} */ (event)));
  return { node, lay, place };
}
