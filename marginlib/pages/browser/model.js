// A page's stand-in for a widget's model: state with listeners, and messages. What carries them is given.

/** @import { Model } from "../../panels/browser/types.d.ts" */

/** @typedef {Record<string, any>} State */

/**
 * @param {any} one
 * @param {any} other
 */
const same = (one, other) => one === other || JSON.stringify(one) === JSON.stringify(other);

/**
 * @param {State} state at the start
 * @param {{ set: (parts: State) => void, send: (message: any) => void }} wire brings parts of the state, and messages
 * @returns {Model & { adopt: (parts: State) => void, hear: (message: object) => void }} the model, and what the other
 *   side of the wire calls
 */
export function openModel(state, wire) {
  /** @type {Map<string, Set<(message: any, buffers: ArrayBuffer[]) => void>>} */
  const listeners = new Map();
  /** @type {State} */
  const now = { ...state };
  /** Set here, and not told yet. @type {State} */
  let news = {};

  /**
   * @param {string} event
   * @param {any} [what]
   */
  const tell = (event, what) => {
    for (const hear of [...(listeners.get(event) ?? [])]) hear(what, []);
  };
  return {
    get: (name) => now[name],
    set(name, value) {
      if (same(now[name], value)) return;
      now[name] = value;
      news[name] = value;
      tell(`change:${name}`);
    },
    save_changes() {
      if (Object.keys(news).length) wire.set(news);
      news = {};
    },
    send: (message) => wire.send(message),
    on(event, hear) {
      const known = listeners.get(event) ?? new Set();
      listeners.set(event, known.add(hear));
    },
    off(event, hear) {
      listeners.get(event)?.delete(hear);
    },
    adopt(parts) {
      const changed = Object.keys(parts).filter((name) => !same(now[name], parts[name]));
      for (const name of changed) now[name] = parts[name];
      for (const name of changed) tell(`change:${name}`);
    },
    hear: (message) => tell("msg:custom", message),
  };
}
