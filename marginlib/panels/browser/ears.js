// A figure for the ears: its parts as a list that a screen reader finds, and, with one key, walked part by part, each
// said exactly and sounded as high as it is. Nothing sounds unasked.

import { make, sized, write } from "./dom.js";

/** @import { Figure } from "./types.d.ts" */

const KEY = "h";
const LOWEST = 130; // Hz of the least amount of a figure
const OCTAVES = 3; // from it to the greatest
const LASTS = 0.22; // s of a part
const BETWEEN = 0.3; // s from part to part, when all are played
const LOUD = 0.18;

/** One for the page: made when it is first heard, for browsers allow none before something was pressed. */
const context = () => {
  globalThis.__marginlibSound ??= new AudioContext();
  return globalThis.__marginlibSound;
};

/**
 * How high an amount sounds among others: zero counts among them, so that a sign is heard.
 * @param {number} value
 * @param {number[]} among
 */
export function pitch(value, among) {
  const least = Math.min(0, ...among);
  const most = Math.max(0, ...among);
  return LOWEST * 2 ** (OCTAVES * (most > least ? (value - least) / (most - least) : 0));
}

/**
 * What makes a figure heard.
 * @param {HTMLElement} figure
 */
export function ears(figure) {
  const list = make("ol", { class: "mw-hidden" });
  const said = make("p", { class: "mw-heard", "aria-live": "assertive" });
  const hint = make("p", { class: "mw-hint", "aria-hidden": "true" }, "H: hear and walk this picture");
  /** @type {[text: string, value: number][]} */
  let parts = [];
  let name = "";
  let at = -1; // before the first
  let walking = false;
  /** @type {{ stop(): void }[]} */
  let sounding = [];
  /** @type {any[]} */
  let timers = [];

  function hush() {
    for (const each of sounding) each.stop();
    for (const timer of timers) clearTimeout(timer);
    sounding = [];
    timers = [];
  }

  /**
   * @param {number} part
   * @param {number} [after] s
   */
  function sound(part, after = 0) {
    const audio = context();
    void audio.resume();
    const value = parts[part][1];
    const tone = audio.createOscillator();
    const gain = audio.createGain();
    const begin = audio.currentTime + after;
    tone.type = value < 0 ? "sawtooth" : "triangle";
    tone.frequency.value = pitch(
      value,
      parts.map(([, each]) => each),
    );
    gain.gain.setValueAtTime(0, begin);
    gain.gain.linearRampToValueAtTime(value < 0 ? LOUD / 2 : LOUD, begin + 0.02);
    gain.gain.linearRampToValueAtTime(0, begin + LASTS);
    tone.connect(gain).connect(audio.destination);
    tone.start(begin);
    tone.stop(begin + LASTS);
    sounding.push(tone);
  }

  function tell() {
    write(said, `${parts[at][0]}. ${at + 1} of ${parts.length}`);
  }

  /** @param {number} to */
  function go(to) {
    hush();
    at = Math.max(0, Math.min(parts.length - 1, to));
    tell();
    sound(at);
  }

  function all() {
    hush();
    for (const part of parts.keys()) {
      sound(part, part * BETWEEN);
      timers.push(
        setTimeout(
          () => {
            at = part;
            tell();
          },
          part * BETWEEN * 1000,
        ),
      );
    }
  }

  /** @param {boolean} on */
  function walk(on) {
    if (walking === on) return;
    walking = on;
    hush();
    at = -1;
    figure.setAttribute("role", on ? "application" : "group");
    figure.toggleAttribute("data-walked", on);
    const how = "Arrow keys go from part to part, Space plays all, Escape ends";
    write(said, on ? `${name}: ${parts.length} parts. ${how}.` : "");
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    if (event.target !== figure || event.ctrlKey || event.metaKey || event.altKey || !parts.length) return;
    /** @type {Record<string, () => void>} */
    const keys = walking
      ? {
          ArrowRight: () => go(at + 1),
          ArrowDown: () => go(at + 1),
          ArrowLeft: () => go(at - 1),
          ArrowUp: () => go(at - 1),
          Home: () => go(0),
          End: () => go(parts.length - 1),
          " ": all,
          Escape: () => walk(false),
          [KEY]: () => walk(false),
        }
      : { [KEY]: () => walk(true) };
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }
  figure.addEventListener("keydown", pressed);
  figure.addEventListener("blur", () => walk(false));

  /**
   * What the figure tells now.
   * @param {Figure["layout"]["meta"]} meta
   * @param {string} title
   */
  function set(meta, title) {
    parts = meta?.tells ?? [];
    name = meta?.name || title;
    figure.setAttribute("aria-label", name);
    if (!walking) figure.setAttribute("role", parts.length ? "group" : "img");
    for (const [attribute, value] of [
      ["tabindex", "0"],
      ["aria-roledescription", "picture"],
      ["aria-keyshortcuts", "H"],
    ])
      if (parts.length) figure.setAttribute(attribute, value);
      else figure.removeAttribute(attribute);
    for (const [i, item] of sized(list, parts.length, "li").entries()) write(item, parts[i][0]);
    if (!parts.length) walk(false);
    else if (walking && at >= 0) {
      at = Math.min(at, parts.length - 1);
      tell();
    }
  }
  return { nodes: [list, said, hint], set, close: hush };
}
