// A store with a clock that stands, and everything it says laid on a table.

import { openStore } from "../../../marginlib/panels/browser/store.js";

/** @import { Values, View } from "../../../marginlib/panels/browser/types.d.ts" */

/** @type {ReturnType<typeof openStore>} */
let store;
/** @type {object[]} */
let sent = [];
/** @type {string[]} */
let notes = [];
let due = false; // a frame, since something may have changed

let now = 0;
let count = 0;
/** @type {Map<number, { at: number, work: () => void }>} */
let timers = new Map();
const clock = {
  /**
   * @param {() => void} work
   * @param {number} ms
   */
  setTimeout(work, ms) {
    count += 1;
    timers.set(count, { at: now + ms, work });
    return count;
  },
  /** @param {number} timer */
  clearTimeout(timer) {
    timers.delete(timer);
  },
};

/**
 * Open a store on a clean table.
 * @param {string[]} names
 * @param {Values} values
 */
export function open(names, values) {
  if (store) store.close();
  const left = timers.size;
  timers = new Map();
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
  const end = now + ms;
  for (;;) {
    const [first] = [...timers].filter(([, { at }]) => at <= end).sort(([, one], [, other]) => one.at - other.at);
    if (!first) break;
    const [timer, { at, work }] = first;
    now = at;
    timers.delete(timer);
    work();
  }
  now = end;
  return timers.size;
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
