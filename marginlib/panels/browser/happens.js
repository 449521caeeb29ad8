// Where along a slider something comes or goes: a margin call, a currency that is used up. Only the names of what has
// happened in a state are read, and asked for, a few at a time and while nothing moves. No page is known here.

import { along } from "./places.js";

/** @import { Control, SliderControl } from "./types.d.ts" */

/**
 * Something comes or goes between two neighbouring values.
 * @typedef {{ names: string[], low: string, high: string, share: number }} Mark
 */

const COARSE = 16; // so many parts of a track are looked at first, and of them those where something differs
const REST = 300; // ms without a move until the kernel is asked
const ASKED = 60; // times that it is asked after a move
const LOST = 10_000; // ms until an answer isn't waited for any more
const TRACKS = 300; // kept

const REFUSED = "refused"; // nothing else happens in such a state, so that all else would seem to come or go beside it

/**
 * What comes or goes from one state to another.
 * @param {string[]} before
 * @param {string[]} after
 * @returns {string[]}
 */
function differing(before, after) {
  if (before.includes(REFUSED) !== after.includes(REFUSED)) return [REFUSED];
  return [...before.filter((name) => !after.includes(name)), ...after.filter((name) => !before.includes(name))];
}

/**
 * The marks of a track, from what is known of its states.
 * @param {string[]} track
 * @param {(string[] | null)[]} found
 * @returns {Mark[]}
 */
export function marksAlong(track, found) {
  /** @type {Mark[]} */
  const marks = [];
  for (let i = 0; i + 1 < track.length; i++) {
    const [before, after] = [found[i], found[i + 1]];
    const names = before && after ? differing(before, after) : [];
    if (names.length) marks.push({ names, low: track[i], high: track[i + 1], share: (i + 0.5) / (track.length - 1) });
  }
  return marks;
}

/**
 * Which states have to be known next: first some all along the track, then between those that differ.
 * @param {(string[] | null)[]} found
 * @returns {number[]} none when nothing more is wanted
 */
export function wantedNext(found) {
  const last = found.length - 1;
  const parts = Math.min(COARSE, last);
  const coarse = Array.from({ length: parts + 1 }, (_, i) => Math.round((i * last) / parts));
  const missing = coarse.filter((i) => !found[i]);
  if (missing.length) return missing;
  const wanted = [];
  let before = 0;
  for (let i = 1; i <= last; i++) {
    const [one, other] = [found[before], found[i]];
    if (!one || !other) continue;
    if (i - before > 1 && differing(one, other).length) wanted.push(Math.floor((before + i) / 2));
    before = i;
  }
  return wanted;
}

/**
 * Where labels of some widths stand in a row, each as near to its wish as it can. Those that would no longer stand
 * below their place are left out, the later of two first.
 * @param {{ wish: number, wide: number }[]} labels in the order of their wishes
 * @param {number} from where the row begins
 * @param {number} to where it ends
 * @returns {(number | null)[]} their middles
 */
export function spread(labels, from, to) {
  /** @param {number[]} shown */
  const set = (shown) => {
    const some = shown.map((i) => labels[i]);
    const middles = pushed(some, from, to);
    const off = some.map(({ wish, wide }, at) => Math.abs(middles[at] - wish) - wide / 2);
    const fits = some.reduce((sum, { wide }) => sum + wide, 0) <= to - from && off.every((each) => each <= 0);
    return { middles, off, fits };
  };
  let shown = labels.map((_, i) => i);
  let found = set(shown);
  while (shown.length && !found.fits) {
    const { off } = found;
    const worst = off.reduce((most, each, at) => (each >= off[most] ? at : most), 0);
    shown = shown.toSpliced(worst, 1);
    found = set(shown);
  }
  // Some of those that were left out stood in the way of others alone.
  for (const i of labels.keys()) {
    if (shown.includes(i)) continue;
    const more = [...shown, i].toSorted((one, other) => one - other);
    const next = set(more);
    if (next.fits) [shown, found] = [more, next];
  }
  const at = new Map(shown.map((i, place) => [i, found.middles[place]]));
  return labels.map((_, i) => at.get(i) ?? null);
}

/**
 * Labels that push each other aside, and are kept between two ends.
 * @param {{ wish: number, wide: number }[]} labels
 * @param {number} from
 * @param {number} to
 */
function pushed(labels, from, to) {
  /** Labels that touch, with where their first begins. @type {{ begin: number, wide: number, wishes: number[] }[]} */
  const runs = [];
  for (const { wish, wide } of labels) {
    let run = { begin: 0, wide, wishes: [wish - wide / 2] };
    for (;;) {
      const middle = run.wishes.reduce((sum, each) => sum + each, 0) / run.wishes.length;
      run.begin = Math.max(from, Math.min(to - run.wide, middle));
      const before = runs.at(-1);
      if (!before || before.begin + before.wide <= run.begin) break;
      runs.pop();
      const shift = before.wide;
      run = {
        begin: 0,
        wide: shift + run.wide,
        wishes: [...before.wishes, ...run.wishes.map((each) => each - shift)],
      };
    }
    runs.push(run);
  }
  const begins = runs.flatMap(({ begin, wishes }) => wishes.map((_, i) => (i ? Number.NaN : begin)));
  let end = from;
  return labels.map(({ wide }, i) => {
    const begin = Number.isNaN(begins[i]) ? end : begins[i];
    end = begin + wide;
    return begin + wide / 2;
  });
}

/**
 * What a panel knows of its tracks.
 * @param {object} given
 * @param {Control[]} given.controls
 * @param {object} given.store
 * @param {() => Record<string, string>} given.store.values
 * @param {(name: string) => string} given.store.track what the states along a control have in common
 * @param {(name: string, text: string) => string[] | null} given.store.happens in the state with one other value
 * @param {(message: object) => void} given.send
 * @param {() => void} given.changed hears that a track may have other marks
 * @param {{ setTimeout(work: () => void, ms: number): any, clearTimeout(timer: any): void }} given.clock
 */
export function openTracks({ controls, store, send, changed, clock }) {
  /** @type {SliderControl[]} */
  const sliders = controls.filter((control) => control.kind === "slider");
  const values = new Map(sliders.map((control) => [control.name, along(control)]));
  /** @type {Map<string, { marks: Mark[], whole: boolean }>} */
  const known = new Map();
  /** Sliders that something was found on. @type {Set<string>} */
  const rich = new Set();
  /** Sliders that were looked at. @type {Set<string>} */
  const seen = new Set();
  let resting = false;
  let left = 0; // times that the kernel may be asked
  /** @type {any} */
  let flight = null;
  /** @type {any} */
  let timer = null;

  /**
   * Take in what is known of a track.
   * @param {string} name
   * @returns {number[]} what isn't, and is wanted
   */
  function learn(name) {
    const key = store.track(name);
    if (known.get(key)?.whole) return [];
    const track = values.get(name) ?? [];
    const found = track.map((text) => store.happens(name, text));
    const wanted = wantedNext(found);
    if (wanted.length) return wanted;
    const marks = marksAlong(track, found);
    known.delete(key);
    known.set(key, { marks, whole: found.every(Boolean) });
    for (const oldest of known.keys()) if (known.size > TRACKS) known.delete(oldest);
    seen.add(name);
    if (marks.length) rich.add(name);
    changed();
    return [];
  }

  function ask() {
    if (!resting || !left || flight) return;
    if (!rich.size && seen.size >= sliders.length) return; // nothing ever happens here
    const now = store.values();
    for (const { name } of sliders.toSorted(
      (one, other) => Number(rich.has(other.name)) - Number(rich.has(one.name)),
    )) {
      if (now[name] === "") seen.add(name);
      if (now[name] === "" || known.has(store.track(name))) continue;
      const wanted = learn(name);
      if (!wanted.length) continue;
      left -= 1;
      flight = clock.setTimeout(() => {
        flight = null;
      }, LOST);
      const track = values.get(name) ?? [];
      send({ kind: "happens", control: name, values: now, at: wanted.map((i) => track[i]) });
      return;
    }
  }

  return {
    /**
     * The marks of a slider for the present other values; null while they aren't known.
     * @param {string} name
     * @returns {Mark[] | null}
     */
    marks: (name) => known.get(store.track(name))?.marks ?? null,

    /** Something moves: the kernel is left in peace. */
    moved() {
      resting = false;
      clock.clearTimeout(timer);
    },

    /** Nothing moves, and the panel is in sight. */
    rested() {
      resting = true;
      left = ASKED;
      clock.clearTimeout(timer);
      timer = clock.setTimeout(ask, REST);
    },

    /**
     * Something was learned: of a state that was asked for, or of others.
     * @param {boolean} answered
     */
    learned(answered) {
      if (!answered) {
        for (const { name, most } of sliders) if (store.happens(name, most) && store.values()[name] !== "") learn(name);
        return;
      }
      clock.clearTimeout(flight);
      flight = null;
      ask();
    },

    close() {
      resting = false;
      for (const each of [timer, flight]) clock.clearTimeout(each);
    },
  };
}
