// Where a control stands, and which value stands there: along its track, and along an axis of a figure. No page is
// known here.

import { canonical } from "./numbers.js";

/** @import { Control, Figure } from "./types.d.ts" */

/**
 * All values along a control, as Python has them.
 * @param {Control} control
 * @returns {string[]}
 */
export function along(control) {
  switch (control.kind) {
    case "slider": {
      const { least, most, step, places } = control;
      const count = Math.floor((+most - +least) / +step + 1e-9) + 1;
      return Array.from({ length: count }, (_, i) => canonical((+least + i * +step).toFixed(places), places) ?? least);
    }
    case "choice":
      return control.options;
    case "switch":
      return ["false", "true"];
    case "walk":
      return control.steps.map((_, i) => String(i + 1));
  }
}

/**
 * How far along its control a value stands, from 0 to 1.
 * @param {Control} control
 * @param {string} value
 * @returns {number}
 */
export function shareOf(control, value) {
  if (control.kind === "slider") return (+value - +control.least) / (+control.most - +control.least);
  const all = along(control);
  return Math.max(0, all.indexOf(value)) / (all.length - 1);
}

/**
 * The value that stands nearest.
 * @param {Control} control
 * @param {number} share
 * @returns {string}
 */
export function valueAt(control, share) {
  const all = along(control);
  const steps = control.kind === "slider" ? (+control.most - +control.least) / +control.step : all.length - 1;
  return all[Math.min(all.length - 1, Math.max(0, Math.round(share * steps)))];
}

/**
 * Where a mark stands on its axis; its places are evenly spaced along the control.
 * @param {number[]} places
 * @param {number} share
 * @returns {number}
 */
export function placeAt(places, share) {
  const far = share * (places.length - 1);
  const i = Math.min(places.length - 2, Math.max(0, Math.floor(far)));
  return places[i] + (places[i + 1] - places[i]) * (far - i);
}

/**
 * How far along the control a place is; beyond the ends it is the end.
 * @param {number[]} places they only rise, or only fall
 * @param {number} place
 * @returns {number}
 */
export function shareAt(places, place) {
  const up = places[1] > places[0];
  const last = places.length - 1;
  const next = places.findIndex((each) => (up ? each >= place : each <= place));
  if (next <= 0) return next ? 1 : 0;
  const [before, after] = [places[next - 1], places[next]];
  return (next - 1 + (place - before) / (after - before)) / last;
}

/**
 * An axis of a drawn figure: numbers to pixels from its left upper corner, and back.
 * @param {Figure["layout"]} layout with margins and fixed ranges
 * @param {"x" | "y"} name
 * @param {number} width of the drawn figure
 * @returns {{ pixel: (place: number) => number, place: (pixel: number) => number, ends: [number, number] }}
 */
export function axisOf(layout, name, width) {
  const { l = 80, r = 80, t = 100, b = 80 } = layout.margin ?? {}; // what it leaves out is as plotly has it
  const { range: [first, last] = [0, 1], domain: [low, high] = [0, 1], type } = layout[`${name}axis`] ?? {};
  const [near, far] = name === "x" ? [l, width - r] : [layout.height - b, t];
  const [from, to] = [near + (far - near) * low, near + (far - near) * high];
  const scale = (to - from) / (last - first);
  const log = type === "log";
  return {
    pixel: (place) => from + ((log ? Math.log10(place) : place) - first) * scale,
    place(pixel) {
      const found = first + (pixel - from) / scale;
      return log ? 10 ** found : found;
    },
    ends: [from, to],
  };
}
