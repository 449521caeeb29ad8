// The engine of a page: a worker with Python in it, and what is sent there before it has come. It knows no page:
// the worker, the files of start states and whoever shows things are given.

import { openModel } from "./model.js";

/** @import { Lesson, Starts } from "./page.d.ts" */

/** @typedef {ReturnType<typeof openModel>} PageModel */

/** @typedef {"asleep" | "starting" | "ready" | "failed"} Stage */

const ANSWERS = ["answer", "skip", "another"];

/**
 * The start states that a panel can be shown in before there is an engine: those of values of which at most one is not
 * as at the start.
 * @param {Starts} starts
 * @param {Record<string, string>} start
 * @param {any} message what the panel asks
 * @returns {object[]} the messages that answer it; none where only the engine can
 */
export function answers(starts, start, message) {
  const moved = Object.keys(start).filter((name) => message.values[name] !== start[name]);
  if (message.kind === "along") return moved.every((name) => name === message.control) ? starts[message.control] : [];
  if (message.kind !== "exact" || moved.length > 1) return [];
  const key = Object.values(message.values).join("|");
  const along = moved.length ? [starts[moved[0]]] : Object.values(starts);
  return along.flat().filter(({ states }) => key in states);
}

/**
 * @param {object} given
 * @param {Lesson} given.lesson
 * @param {() => Worker} given.hire makes the worker
 * @param {(address: string) => Promise<Starts>} given.fetchStarts
 * @param {(stage: Stage, why: string) => void} given.told hears how far the engine is
 * @param {(name: string, model: PageModel) => void} given.came hears that a live thing has its Python, and that no answer waited for it
 * @param {(work: () => void) => void} given.later has something done in peace
 * @param {(draw: string, model: PageModel) => void} [given.made] hears of a live thing that the page was built without
 * @param {(html: string) => void} [given.shown] hears what a cell shows, where the page was built without it
 */
export function openEngine({ lesson, hire, fetchStarts, told, came, later, made, shown }) {
  const source = { pyodide: lesson.pyodide, wheel: lesson.wheel };
  /** @type {Map<string, PageModel>} */
  const models = new Map();
  /** Live things whose Python is there. @type {Set<string>} */
  const there = new Set();
  /** What waits for it, in order. @type {Map<string, any[]>} */
  const waiting = new Map();
  /** @type {Map<string, Promise<Starts | undefined>>} */
  const fetched = new Map();
  /** @type {Worker | undefined} */
  let worker;
  /** @type {Stage} */
  let stage = "asleep";
  let reason = "";

  /**
   * @param {Stage} next
   * @param {string} why
   */
  function turn(next, why = "") {
    if (stage === "failed") return;
    stage = next;
    reason = why;
    told(next, why);
  }

  /** @param {string} why */
  function fail(why) {
    if (stage === "failed") return;
    turn("failed", why);
    there.clear();
    worker?.terminate();
    for (const [name, messages] of waiting) for (const { message } of messages) if (message) refuse(name, message);
    waiting.clear();
  }

  /**
   * There will be no answer: a panel says so, a card has its own words for it.
   * @param {string} name
   * @param {any} message
   */
  function refuse(name, message) {
    if (message.kind === "exact")
      models.get(name)?.hear({ kind: "failed", message: `Only one control at a time moves here: ${reason}` });
    if (message.kind === "why" && message.wanted) {
      const failed = `Only the engine can tell how numbers came about: ${reason}`;
      models.get(name)?.hear({ kind: "known", key: message.key, texts: [], failed });
    }
  }

  /**
   * The start states of a panel, fetched once.
   * @param {string} name
   */
  function starts(name) {
    const address = lesson.slots[name].starts;
    if (!address) return Promise.resolve(undefined);
    const known = fetched.get(name) ?? fetchStarts(address).catch(() => void fetched.delete(name));
    fetched.set(name, known);
    return known;
  }

  /**
   * @param {string} name
   * @param {any} parcel
   */
  function post(name, parcel) {
    if (there.has(name)) worker?.postMessage({ kind: "tell", text: JSON.stringify({ slot: name, ...parcel }) });
    else if (stage === "failed") parcel.message && refuse(name, parcel.message);
    else {
      const queue = waiting.get(name) ?? [];
      // Only the newest exact request is waited for; an older one has been overtaken. So it is with what
      // has happened, with what somebody points at, and with what is being written.
      const kind = parcel.message?.kind;
      const one = ["exact", "happens", "why", "write"].includes(kind);
      waiting.set(name, [...queue.filter(({ message }) => !one || message?.kind !== kind), parcel]);
    }
  }

  /**
   * @param {string} name
   * @param {any} message
   */
  async function ask(name, message) {
    if (message.kind === "plotly") return; // the page has it lying itself
    if (message.kind === "happens") return post(name, { message }); // nothing is fetched for it: it has time
    if (!there.has(name) && message.kind === "why") {
      if (message.wanted) start(); // who only points at a number doesn't fetch Python for it
    } else if (!there.has(name) && message.values) {
      const known = await starts(name);
      const found = known && !there.has(name) ? answers(known, lesson.slots[name].state.values, message) : [];
      for (const each of found) models.get(name)?.hear(each);
      if (found.length) return;
    } else if (!there.has(name)) start(); // an answer, say: it can't wait for an idle moment
    post(name, { message });
  }

  /** @param {MessageEvent<any>} event */
  function heard({ data }) {
    if (data.kind === "ready") {
      turn("ready");
      later(() => hire().postMessage({ ...source, kind: "keep" }));
    } else if (data.kind === "failed") fail(data.why);
    else if (data.kind === "shown") shown?.(data.html);
    else if (data.kind === "told") {
      const { slot, state, message, draw } = JSON.parse(data.text);
      const model = models.get(slot);
      if (!model) take(slot, draw, state);
      else if (message) model?.hear(message);
      else if (there.has(slot)) model?.adopt(state);
      else settleIn(slot);
    }
  }

  /**
   * A live thing has its Python, in the state of the page's start: now it hears what has happened since.
   * @param {string} name
   */
  function settleIn(name) {
    there.add(name);
    const parcels = waiting.get(name) ?? [];
    waiting.delete(name);
    // What is on the screen first; the states along a control, and what happens there, may come after it.
    const later = parcels.filter(({ message }) => message?.kind === "along" || message?.kind === "happens");
    for (const parcel of parcels) if (!later.includes(parcel)) post(name, parcel);
    for (const parcel of later) post(name, parcel);
    const model = models.get(name);
    // What was answered meanwhile is newer than whatever is kept of it.
    if (model && !parcels.some(({ message }) => ANSWERS.includes(message?.kind))) came(name, model);
  }

  function start() {
    if (stage !== "asleep") return;
    turn("starting");
    try {
      worker = hire();
    } catch (error) {
      fail(error instanceof Error ? error.message : String(error));
      return;
    }
    worker.addEventListener("message", heard);
    worker.addEventListener("error", ({ message }) => {
      // Once it is there, what a single answer fails at is no end.
      if (stage !== "ready") fail(message || "the engine's worker can't be loaded");
    });
    worker.postMessage({ ...source, kind: "start", cells: lesson.cells, place: lesson.place });
  }

  /**
   * @param {string} name
   * @param {Record<string, any>} state
   */
  function open(name, state) {
    const wire = {
      /** @param {any} parts */
      set: (parts) => post(name, { set: parts }),
      /** @param {any} message */
      send: (message) => void ask(name, message),
    };
    const { silent: _silent, missing: _missing, address: _address } = lesson;
    const model = openModel({ ...state, _slot: name, _silent, _missing, _address }, wire);
    models.set(name, model);
    return model;
  }

  /**
   * Something live that Python alone knows of: the page has no start states of it.
   * @param {string} name
   * @param {string} draw
   * @param {Record<string, any>} state
   */
  function take(name, draw, state) {
    there.add(name);
    made?.(draw, open(name, state));
  }

  for (const [name, slot] of Object.entries(lesson.slots)) open(name, slot.state);
  return { models, start, starts, stage: () => stage };
}
