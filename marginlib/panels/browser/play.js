// A control that runs by itself: time, as a slider, or named steps.

import { make } from "./dom.js";
import { sign } from "./icons.js";
import { GLIDE, isStill } from "./motion.js";
import { along, shareOf } from "./places.js";

/** @import { Pace, SliderControl, WalkControl } from "./types.d.ts" */

const TRACK = 6000; // ms from end to end of a slider
const STEP = 1600; // ms from one named step to the next
const FIRST = 300; // ms until the first of them
const SLOWLY = { track: 12_000, step: 2400, jump: 500 }; // where nothing may move by itself: so it is read
const SMOOTH = 40; // ms between two states from which on the picture goes from one to the other
const HELD = 2000; // ms that a state is waited for before it is gone to all the same

/**
 * How a control runs: after how many ms it goes on, and by how many values.
 * @param {SliderControl | WalkControl} control
 * @param {boolean} still whether nothing may move between states
 * @returns {{ ms: number, by: number, pace?: Pace }}
 */
export function tempo(control, still) {
  if (control.kind === "walk") return still ? { ms: SLOWLY.step, by: 1 } : { ms: STEP, by: 1, pace: GLIDE };
  const each = (still ? SLOWLY.track : TRACK) / (along(control).length - 1);
  const by = Math.ceil((still ? SLOWLY.jump : 1000 / 60) / each);
  const ms = each * by;
  return still || ms < SMOOTH ? { ms, by } : { ms, by, pace: { ms: Math.min(ms, 1000), even: true } };
}

/**
 * A button that runs a control to its end.
 * @param {SliderControl | WalkControl} control
 * @param {object} hand
 * @param {() => string} hand.value
 * @param {() => string | undefined} hand.end where it changes nothing any more
 * @param {(value: string, settled: boolean, pace?: Pace) => void} hand.moved
 * @param {(value: string) => boolean} hand.ready whether the state with it can be shown at once
 * @param {(stop: () => void) => void} hand.begun hears how it is stopped
 */
export function player(control, { value, end, moved, ready, begun }) {
  const button = make("button", { type: "button", class: "mw-play", onclick: () => (frame ? stop() : start()) });
  const all = along(control);
  const whole = all.length - 1;
  let last = whole;
  let frame = 0;
  let at = 0;

  const look = () => {
    const name = frame ? "Pause" : `Play ${control.label}`;
    button.setAttribute("aria-label", name);
    button.title = name;
    button.replaceChildren(sign(frame ? "pause" : "play"));
  };

  function start() {
    const { ms, by, pace } = tempo(control, isStill());
    last = Math.floor(shareOf(control, end() ?? all[whole]) * whole + 1e-9);
    at = Math.floor(shareOf(control, value()) * whole + 1e-9);
    let due = control.kind === "walk" ? ms - FIRST : 0;
    if (at >= last) {
      at = 0;
      due = 0;
      moved(all[0], true, GLIDE);
    }
    let before = 0;
    let held = 0;
    /** @param {number} now */
    const run = (now) => {
      const passed = before ? Math.min(now - before, 100) : 0; // a page that was out of sight goes on from there
      before = now;
      due += passed;
      frame = requestAnimationFrame(run);
      if (due < ms) return;
      const next = Math.min(at + by, last);
      held = ready(all[next]) ? 0 : held + passed;
      if (held && held < HELD) return;
      due = held ? 0 : due - ms;
      held = 0;
      at = next;
      moved(all[at], control.kind === "walk" || at === last, pace);
      if (at === last) stop();
    };
    begun(stop);
    frame = requestAnimationFrame(run);
    look();
  }

  /** It stands still; where it has come to is told. */
  function stop() {
    if (!frame) return;
    cancelAnimationFrame(frame);
    frame = 0;
    look();
    if (control.kind === "slider" && at < last) moved(value(), true);
  }

  look();
  return { button, stop };
}
