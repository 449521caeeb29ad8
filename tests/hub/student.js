// What the panels of a whole class would send, by the panels' own modules: stores and tracks as in `host.js`, without
// pages. The clock is moved from outside, and messages lie here until they are fetched.

import { openTracks } from "../../marginlib/panels/browser/happens.js";
import { valueAt } from "../../marginlib/panels/browser/places.js";
import { openStore } from "../../marginlib/panels/browser/store.js";
import { clock, elapse } from "../panels/js/clock.js";

/** @import { About, Message, Values, View } from "../../marginlib/panels/browser/types.d.ts" */

const AMOUNT = /[-+−]?\d[\d,]*(?:\.\d+)?[ \u00a0](?:%|[A-Z][A-Z0-9]{2,4}(?![\w/]))/g; // as `why.js` has it

/** @typedef {{ who: string, message: any }} Sent */

/** @type {Sent[]} */
const sent = [];
/** @type {Map<string, ReturnType<typeof panel>>} */
const panels = new Map();

/**
 * A panel on a student's screen.
 * @param {string} who
 * @param {About} about
 * @param {Values} values
 * @param {string} covered the words on its veil
 */
function panel(who, about, values, covered) {
  let due = true;
  let veil = covered;
  /** @type {string | null} */
  let lifted = null;
  /** What the widget's model has: what was told, or heard, last. */
  let model = values;
  /** @type {string[]} */
  const notes = [];
  /** @param {object} message */
  const send = (message) => sent.push({ who, message });
  const store = openStore({
    names: about.controls.map((control) => control.name),
    values,
    send,
    adopted: () => {},
    changed() {
      due = true;
    },
    rested(news) {
      tracks.rested();
      const state = { ...(lifted === null ? {} : { veil: lifted }), ...(news ? { values: news } : {}) };
      lifted = null;
      model = news ?? model;
      if (Object.keys(state).length) send({ kind: "update", state });
    },
    note: (text) => text && notes.push(text),
    clock,
  });
  const tracks = openTracks({ controls: about.controls, store, send, changed: () => {}, clock });

  return {
    store,
    tracks,
    notes,
    warm: store.warm,
    /** @param {Partial<{ values: Values, _shown: { key: string, view: View } }>} state */
    heard(state) {
      model = state.values ?? model;
      store.heard(model, state._shown);
    },
    /** The next frame. */
    show() {
      if (!due) return;
      due = false;
      store.known();
    },
    /** @param {string} name @param {number} share */
    move(name, share) {
      const control = about.controls.find((each) => each.name === name);
      if (!control) return;
      if (veil) lifted = veil = "";
      tracks.moved();
      store.move({ [name]: valueAt(control, share) }, false);
    },
    /** Somebody points at the words. */
    wonder() {
      const view = store.view(store.key());
      const texts = [...new Set(JSON.stringify(view).match(AMOUNT))];
      if (view) send({ kind: "why", values: store.values(), key: store.key(), wanted: false, texts });
    },
  };
}

/** @param {string} who */
function of(who) {
  const found = panels.get(who);
  if (!found) throw new Error(`${who} has no panel`);
  return found;
}

/**
 * A student's panel is there.
 * @param {string} who
 * @param {string} state of the widget, as JSON
 */
export function open(who, state) {
  const { _about, _shown, values, veil } = JSON.parse(state);
  const made = panel(who, _about, values, veil);
  panels.set(who, made);
  made.heard({ _shown });
  /** @type {About} */
  const about = _about;
  return about.controls.filter((each) => each.kind === "slider" && values[each.name] !== "").map((each) => each.name);
}

/**
 * A message from the kernel, as JSON: the content of `comm_msg`.
 * @param {string} who
 * @param {string} content
 * @returns {string} what kind of answer it is
 */
export function hear(who, content) {
  const { data } = JSON.parse(content);
  const { store, tracks, heard } = of(who);
  if (data.method === "custom") {
    /** @type {Message} */
    const message = data.content;
    store.received(message);
    if (message.kind === "states" || message.kind === "happens") tracks.learned(message.kind === "happens");
    return message.kind;
  }
  if (data.method !== "update") return data.method;
  heard(data.state);
  return data.state._shown ? "shown" : "update";
}

/**
 * A student does something.
 * @template {"warm" | "move" | "wonder"} Name
 * @param {string} who
 * @param {Name} name
 * @param {any[]} rest
 */
export function act(who, name, ...rest) {
  /** @type {(...rest: any[]) => void} */ (of(who)[name])(...rest);
  return true;
}

/**
 * Time passes, for everyone.
 * @param {number} ms
 * @returns {string} what was sent meanwhile, as JSON
 */
export function pass(ms) {
  elapse(ms);
  for (const each of panels.values()) each.show();
  return JSON.stringify(sent.splice(0));
}

/** What the panels told their students, such as that the kernel does not answer. */
export const noted = () => [...panels.values()].flatMap((each) => each.notes.splice(0));
