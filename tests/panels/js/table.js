// A store with a clock that stands, and everything it says laid on a table.

import { openStore } from "../../../marginlib/panels/browser/store.js";
import { clock, elapse, forget, waiting } from "./clock.js";

/** @import { Values, View } from "../../../marginlib/panels/browser/types.d.ts" */

/** @type {ReturnType<typeof openStore>} */
let store;
/** @type {object[]} */
let sent = [];
/** @type {string[]} */
let notes = [];
let due = false; // a frame, since something may have changed

/**
 * Open a store on a clean table.
 * @param {string[]} names
 * @param {Values} values
 */
export function open(names, values) {
  if (store) store.close();
  const left = forget();
  sent = [];
  notes = [];
  due = false;
  store = openStore({
    names,
    values,
    send: (message) => sent.push(message),
    rested: (news) => news && sent.push({ kind: "update", values: news }),
    adopted: () => {},
    changed: () => {
      due = true;
    },
    note: (text) => notes.push(text),
    clock,
  });
  return left;
}

/** @param {number} ms */
export function pass(ms) {
  elapse(ms);
  return waiting();
}

/**
 * What a page shows at its next frame, if anything new: null while it waits.
 * @returns {{ key: string, view: View } | null}
 */
export function frame() {
  if (!due) return null;
  due = false;
  const view = store.known() ? store.view(store.key()) : null;
  return view && { key: store.key(), view };
}

/** @param {string} key */
export const isKnown = (key) => store.view(key) !== null;

export const values = () => store.values();

/** What was noted since the last time. */
export const noted = () => notes.splice(0);

/** What was sent since the last time. */
export const taken = () => sent.splice(0);

/**
 * Have the store do something; what was sent meanwhile.
 * @template {"move" | "warm" | "heard" | "received"} Name
 * @param {Name} name
 * @param {Parameters<typeof store[Name]>} rest
 */
export function act(name, ...rest) {
  /** @type {(...rest: any[]) => unknown} */ (store[name])(...rest);
  return taken();
}
