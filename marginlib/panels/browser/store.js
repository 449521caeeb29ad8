// What a panel knows: its values, the states that the kernel has computed, and what it was asked and told. It knows no
// page: messages, time and whoever shows it are given. Nothing is answered here but what the kernel computed.

import { PATIENCE, SILENT } from "./patience.js";

/** @import { Message, Values, View } from "./types.d.ts" */

const COMMIT = 120; // ms of rest after which the kernel learns the values
const KEPT = 2000; // states kept in memory
const NAMES = 10_000; // states of which only what has happened is kept

/**
 * Undo `changes` of Python: what is different, put over what is the same.
 * @param {any} first
 * @param {any} change
 * @returns {any}
 */
export function merge(first, change) {
  if (change === null || typeof change !== "object" || Array.isArray(change)) return change;
  if ("=" in change) return change["="];
  if (first === null || typeof first !== "object") return change;
  const merged = Array.isArray(first) ? first.slice() : { ...first };
  for (const name in change) merged[name] = merge(first[name], change[name]);
  return merged;
}

/**
 * What has happened in a state, without the rest of its view.
 * @param {View} first
 * @param {any} change
 * @returns {string[]}
 */
export function happened(first, change) {
  const whole = change?.["="] ?? change;
  return whole?.happens ?? first.happens ?? [];
}

/**
 * The key of a state, as Python makes it: the texts of all values, in the controls' order.
 * @param {string[]} texts
 * @returns {string}
 */
const joined = (texts) => texts.join("|");

/**
 * @typedef {object} Surroundings what a store is given
 * @property {string[]} names of the controls, in their order
 * @property {Values} values at the start
 * @property {(message: object) => void} send brings a message to the kernel
 * @property {(values: Values | null) => void} rested hears that nothing moved for a while; of new values for Python
 * @property {() => void} adopted hears that Python has set other values
 * @property {() => void} changed hears that there may be something new to show
 * @property {(text: string) => void} note says what went wrong
 * @property {{ setTimeout(work: () => void, ms: number): any, clearTimeout(timer: any): void }} clock
 * @property {string} [silent] what is said when there is no answer
 */

/**
 * The store of one panel.
 * @param {Surroundings} surroundings
 */
export function openStore({ names, values, send, rested, adopted, changed, note, clock, silent = SILENT }) {
  /** @type {Map<string, { first: View, change: unknown }>} */
  const states = new Map();
  /** What has happened in states that aren't known otherwise. @type {Map<string, string[]>} */
  const told = new Map();
  /** Tracks whose states were asked for, and have not been forgotten. @type {Set<string>} */
  const asked = new Set();
  let theirs = values; // what Python has, as far as is known here
  /** What both sides last had in common, or will once a commit has come through. */
  let agreed = values;
  let alone = false; // the last move was nobody's: a control runs by itself
  /** The key of a commit that is on its way. @type {string | null} */
  let pending = null;
  /** The one exact request under way. @type {{ key: string, timer: any, late?: boolean } | null} */
  let flight = null;
  /** @type {any} */
  let rest = null;

  /** @param {Values} some */
  const keyOf = (some) => joined(names.map((name) => some[name]));

  /**
   * All states along a control share this.
   * @param {string} name
   * @param {string[]} texts
   */
  const track = (name, texts) => `${name}:${joined(texts.map((text, i) => (names[i] === name ? "*" : text)))}`;

  /**
   * @param {string} key
   * @param {View} first
   * @param {unknown} change
   */
  function keep(key, first, change) {
    states.delete(key);
    states.set(key, { first, change });
    for (const oldest of states.keys()) {
      if (states.size <= KEPT) break;
      states.delete(oldest);
      // A track with a gap is no longer warm: it has to be asked for again.
      const texts = oldest.split("|");
      for (const name of names) asked.delete(track(name, texts));
    }
  }

  /**
   * The view of a state, if it is known.
   * @param {string} key
   * @returns {View | null}
   */
  function view(key) {
    const state = states.get(key);
    return state ? merge(state.first, state.change) : null;
  }

  /**
   * What has happened in the state with one other value, if that is known.
   * @param {string} name
   * @param {string} text
   * @returns {string[] | null}
   */
  function happens(name, text) {
    const key = joined(names.map((each) => (each === name ? text : values[each])));
    const state = states.get(key);
    return state ? happened(state.first, state.change) : (told.get(key) ?? null);
  }

  /** Whether the state of the values is known. If not, it is asked for: one at a time, the newest next. */
  function known() {
    const key = keyOf(values);
    if (states.has(key)) return true;
    if (flight && !flight.late) return false;
    /** @type {NonNullable<typeof flight>} */
    const asking = { key, timer: null };
    asking.timer = clock.setTimeout(() => {
      asking.late = true;
      note(silent);
    }, PATIENCE);
    flight = asking;
    send({ kind: "exact", values });
    return false;
  }

  /** The exact request is over. */
  function land() {
    if (flight) clock.clearTimeout(flight.timer);
    flight = null;
  }

  /**
   * Have the states along a control computed before it moves.
   * @param {string} name
   */
  function warm(name) {
    const wanted = track(
      name,
      names.map((each) => values[each]),
    );
    if (asked.has(wanted)) return;
    asked.add(wanted);
    send({ kind: "along", control: name, values });
  }

  /**
   * Controls were moved: by hand, or one of them runs by itself.
   * @param {Values} moved
   * @param {boolean} settled by a move that is complete, as a pressed key is and a drag isn't
   * @param {boolean} [byItself]
   */
  function move(moved, settled, byItself = false) {
    values = { ...values, ...moved };
    alone = byItself;
    const [name, ...others] = Object.keys(moved);
    if (!others.length) warm(name); // it is likely to move on
    changed();
    clock.clearTimeout(rest);
    rest = clock.setTimeout(commit, settled ? COMMIT : 4 * COMMIT);
  }

  function commit() {
    rest = null;
    const key = keyOf(values);
    const news = key !== keyOf(theirs); // none when Python was faster
    agreed = values;
    if (news) {
      pending = key;
      theirs = values;
    }
    rested(news ? values : null);
  }

  /**
   * Python has values, its own or those that it was told; and perhaps shows a state.
   * @param {Values} said
   * @param {{ key: string, view: View }} [shown]
   */
  function heard(said, shown) {
    theirs = said;
    if (shown) {
      keep(shown.key, shown.view, {});
      // The kernel may also answer a commit with other values: an observer there has the last word.
      if (shown.key === pending || shown.key === keyOf(theirs)) pending = null;
    }
    // An echo of an older commit must not take a control back under the learner's hand. From one that runs by itself
    // Python takes over, with values that are its own: there a rest is always due.
    const free = rest === null || (alone && keyOf(theirs) !== keyOf(agreed));
    if (pending === null && free && keyOf(theirs) !== keyOf(values)) {
      clock.clearTimeout(rest);
      rest = null;
      values = agreed = theirs;
      adopted();
      changed();
    }
    if (shown) changed();
  }

  /**
   * A message from the kernel.
   * @param {Message} message
   * @returns {string[]} the keys of the states that came with it
   */
  function received(message) {
    if (message.kind === "failed") {
      land();
      pending = null;
      note(message.message);
    }
    if (message.kind === "happens") {
      for (const key in message.found) told.set(key, message.found[key]);
      for (const oldest of told.keys()) if (told.size > NAMES) told.delete(oldest);
    }
    if (message.kind !== "states") return [];
    for (const key in message.states) keep(key, message.first, message.states[key]);
    if (flight && flight.key in message.states) land();
    changed();
    return Object.keys(message.states);
  }

  function close() {
    clock.clearTimeout(rest);
    land();
  }

  return {
    values: () => values,
    key: () => keyOf(values),
    /** @param {Values} some whether the state with these values is known; it isn't asked for */
    has: (some) => states.has(keyOf({ ...values, ...some })),
    /** @param {string} name what all states along a control have in common */
    track(name) {
      const texts = names.map((each) => values[each]);
      return track(name, texts);
    },
    happens,
    known,
    view,
    warm,
    move,
    heard,
    received,
    close,
  };
}
