// The controls of controls.py in the browser. Every one hears `moved(value, settled)` and can be `set`.

import { make, newId, write } from "./dom.js";
import { GLIDE } from "./motion.js";
import { canonical, pointed, read, readable } from "./numbers.js";
import { player } from "./play.js";
import { track } from "./track.js";

/** @import { Mark } from "./happens.js" */
/**
 * @import {
 *   About, ChoiceControl, Control, Pace, SliderControl, SwitchControl, Values, WalkControl
 * } from "./types.d.ts"
 */

/** @typedef {(value: string, settled: boolean, pace?: Pace) => void} Moved */

/**
 * A control on the page.
 * @typedef {object} Part
 * @property {HTMLElement} row
 * @property {(value: string) => void} set
 * @property {() => void} focus
 * @property {() => void} [drop] what is being typed
 * @property {(most?: string) => void} [end] where its track ends
 * @property {(marks: Mark[] | null) => void} [mark]
 * @property {() => void} [close]
 */

const CODE = /^[A-Z]{3,5}$/; // a currency's
/** Units that are written as signs, and how they are said. @type {Record<string, string>} */
const UNITS = { "×": "times", "%": "percent" };
const RESTS = 100; // ms that the pointer rests on a control before its states are asked for

/**
 * One slider: label, track, number box, unit. `moved(value, settled)` hears of every move.
 * @param {SliderControl} control
 * @param {Moved} moved
 * @returns {Part}
 */
function slider(control, moved) {
  const id = newId();
  const input = make("input", { type: "range", id, min: control.least, max: control.most, step: control.step });
  const rail = track(control, input);
  const label = `${control.label}${control.unit ? `, ${control.unit}` : ""}`;
  // A group's heading, or what the control is told as, goes before a label that is but a currency.
  const called = [control.spoken || control.group, label].filter(Boolean).join(", ");
  const name = `${called}, as a number`;
  const box = make("input", { type: "text", inputmode: "decimal", class: "mw-box", "aria-label": name });
  const wrong = make("p", { class: "mw-wrong", role: "alert", hidden: true });
  if (called !== label) input.setAttribute("aria-label", called);
  const row = make("div", { class: "mw-row mw-slider" }, make("label", { for: id }, label), rail.node, box);
  let value = "";
  /** Where the pointer was pressed on the track; null once it drags. @type {number | null} */
  let pressed = null;
  let held = false; // by the pointer, not moved by a key
  let typing = false; // there is a text in the box that isn't the value
  let refused = false; // it was tried

  /** The box shows the value again. */
  const drop = () => {
    typing = false;
    refused = false;
    box.value = readable(value);
    wrong.hidden = true;
    box.removeAttribute("aria-invalid");
  };
  /** @param {string} next */
  const set = (next) => {
    const other = next !== value;
    value = next;
    if (next === "") return drop();
    if (input.value !== next) input.value = next;
    rail.set(next);
    const unit = UNITS[control.unit] ?? (control.unit || (CODE.test(control.label) ? control.label : ""));
    input.setAttribute("aria-valuetext", `${readable(next)} ${unit}`.trim());
    // What is being typed stays, whatever moves meanwhile; a text that was refused goes when its own control moves.
    if (!typing || (refused && other)) drop();
  };
  const typed = () => {
    const next = read(control, box.value);
    if (next === null) {
      const range = `from ${readable(control.least)} to ${readable(control.most)}`;
      write(wrong, `${pointed(box.value).wrong || `Type a number ${range}.`} It stays at ${readable(value)}.`);
      wrong.hidden = false;
      box.setAttribute("aria-invalid", "true");
      typing = refused = true;
      return;
    }
    typing = false;
    if (next !== value) moved(next, true, GLIDE);
    else drop();
  };
  /** The track ends where the values do that change anything. @param {string} [most] */
  const end = (most = control.most) => {
    if (input.max === most) return;
    input.max = most;
    input.value = value;
    rail.end(most);
  };
  /**
   * @param {boolean} settled
   * @param {boolean} jumped from one place to another, with nothing in between
   */
  const slid = (settled, jumped) => {
    typing = false;
    moved(canonical(input.value, control.places) ?? value, settled, jumped ? GLIDE : undefined);
  };
  input.addEventListener("pointerdown", (event) => {
    pressed = event.clientX;
    held = true;
  });
  input.addEventListener("pointermove", ({ clientX }) => {
    if (clientX !== pressed) pressed = null;
  });
  input.addEventListener("keydown", () => {
    held = false;
    pressed = null;
  });
  input.addEventListener("input", () => slid(false, pressed !== null));
  input.addEventListener("change", () => slid(true, held));
  box.addEventListener("input", () => {
    typing = true;
    refused = false;
  });
  box.addEventListener("change", typed);
  box.addEventListener("blur", () => typing && !refused && typed());
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") typed();
    if (event.key !== "Escape" || !typing) return;
    event.preventDefault(); // what was typed is left, not a panel that fills the window
    drop();
  });
  row.append(wrong);
  return { row, set, drop, end, focus: () => input.focus(), mark: rail.mark, close: rail.close };
}

/**
 * One choice of a few words.
 * @param {ChoiceControl} control
 * @param {Moved} moved
 * @returns {Part}
 */
function choice(control, moved) {
  const id = newId();
  const options = control.options.map((option) => make("option", { value: option }, option));
  const select = make("select", { id, onchange: () => moved(select.value, true, GLIDE) }, ...options);
  const row = make("div", { class: "mw-row" }, make("label", { for: id }, control.label), select);
  /** @param {string} value */
  const set = (value) => {
    select.value = value;
  };
  return { row, set, focus: () => select.focus() };
}

/**
 * On or off.
 * @param {SwitchControl} control
 * @param {Moved} moved
 * @returns {Part}
 */
function toggle(control, moved) {
  const id = newId();
  const box = make("input", { type: "checkbox", id, onchange: () => moved(String(box.checked), true, GLIDE) });
  const row = make("div", { class: "mw-row mw-switch" }, box, make("label", { for: id }, control.label));
  /** @param {string} value */
  const set = (value) => {
    box.checked = value === "true";
  };
  return { row, set, focus: () => box.focus() };
}

/**
 * Named steps, walked with two buttons. At an end a button does nothing, but keeps the focus.
 * @param {WalkControl} control
 * @param {Moved} moved
 * @returns {Part}
 */
function walk(control, moved) {
  const id = newId();
  const last = control.steps.length;
  let at = 1;
  /** @param {number} by */
  const go = (by) => {
    if (at + by >= 1 && at + by <= last) moved(String(at + by), true, GLIDE);
  };
  const back = make("button", { type: "button", onclick: () => go(-1) }, "Back");
  const next = make("button", { type: "button", onclick: () => go(1) }, "Next");
  const where = make("span", { class: "mw-where", role: "status" });
  const called = make("span", { id }, control.label);
  const row = make("div", { class: "mw-row mw-walk", role: "group", "aria-labelledby": id }, called, back, where, next);
  /** @param {string} value */
  const set = (value) => {
    at = Number(value);
    write(where, `${at} of ${last}: ${control.steps[at - 1]}`);
    back.setAttribute("aria-disabled", String(at === 1));
    next.setAttribute("aria-disabled", String(at === last));
  };
  return { row, set, focus: () => next.focus() };
}

/**
 * @param {Control} control
 * @param {Moved} moved
 * @returns {Part}
 */
function built(control, moved) {
  switch (control.kind) {
    case "slider":
      return slider(control, moved);
    case "choice":
      return choice(control, moved);
    case "switch":
      return toggle(control, moved);
    case "walk":
      return walk(control, moved);
  }
}

/**
 * Some controls under one heading; those that can be taken away can be added again here.
 * @typedef {{ box: HTMLElement, members: Control[], more?: HTMLSelectElement }} Group
 */

/**
 * The controls of a panel, with groups whose members can be taken away and added.
 * @param {About} about
 * @param {(values: Values, settled: boolean, pace?: Pace, byItself?: boolean) => void} moved
 * @param {(name: string) => void} warm hears that a control is about to move
 * @param {(values: Values) => boolean} ready whether the state with some other values can be shown at once
 * @param {HTMLElement[]} beside what stands beside *Start again*
 */
export function desk(about, moved, warm, ready, beside) {
  const node = make("form", {
    class: "mw-desk",
    onsubmit: (/** @type {Event} */ event) => event.preventDefault(),
  });
  /** @type {Record<string, Part>} */
  const parts = {};
  /** @type {Record<string, Group>} */
  const groups = {};
  /** What is shown. @type {Values} */
  let shown = {};
  /** Where some sliders end. @type {Record<string, string>} */
  let ends = {};
  /** Stops what runs by itself. @type {(() => void) | null} */
  let running = null;
  for (const control of about.controls) {
    /** @type {Moved} */
    const run = (value, settled, pace) => moved({ [control.name]: value }, settled, pace, true);
    /** @type {Moved} */
    const hear = (value, settled, pace) => {
      stop();
      moved({ [control.name]: value }, settled, pace);
    };
    const part = built(control, hear);
    parts[control.name] = part;
    watch(part.row, () => warm(control.name));
    if (control.kind === "walk" || (control.kind === "slider" && control.played)) play(control, part, run);
    if (control.group) grouped(control, control.group, part, hear);
    else node.append(part.row);
  }
  for (const group of Object.values(groups)) if (group.members.length) group.box.append(adder(group));
  const explained = about.controls.filter((control) => control.legend);
  node.append(
    make("div", { class: "mw-foot" }, make("button", { type: "button", onclick: again }, "Start again"), ...beside),
    make(
      "details",
      { class: "mw-legend" },
      make("summary", {}, "What the controls do"),
      make("dl", {}, ...explained.flatMap((c) => [make("dt", {}, c.label), make("dd", {}, c.legend)])),
    ),
  );

  function again() {
    stop();
    for (const part of Object.values(parts)) part.drop?.();
    moved(about.start, true, GLIDE);
  }

  /** Nothing runs by itself any more: something else is touched. */
  function stop() {
    running?.();
    running = null;
  }

  /**
   * Give a control its button to run by itself.
   * @param {SliderControl | WalkControl} control
   * @param {Part} part
   * @param {Moved} run
   */
  function play(control, part, run) {
    const { button } = player(control, {
      value: () => shown[control.name],
      end: () => ends[control.name],
      moved: run,
      ready(value) {
        warm(control.name);
        return ready({ [control.name]: value });
      },
      begun(ended) {
        stop();
        running = ended;
      },
    });
    const [name] = part.row.children;
    name.after(button);
    part.row.classList.add("mw-played");
  }

  /**
   * Hear that a control is likely to move. To pass over it costs nothing.
   * @param {HTMLElement} row
   * @param {() => void} soon
   */
  function watch(row, soon) {
    let dwell = 0;
    row.addEventListener("focusin", soon);
    row.addEventListener("pointerdown", ({ target }) => {
      soon();
      if (!(target instanceof Element && target.closest(".mw-play"))) stop();
    });
    row.addEventListener("pointerenter", () => {
      dwell = setTimeout(soon, RESTS);
    });
    row.addEventListener("pointerleave", () => clearTimeout(dwell));
  }

  /**
   * Put a control into its group.
   * @param {Control} control
   * @param {string} heading
   * @param {Part} part
   * @param {Moved} hear
   */
  function grouped(control, heading, part, hear) {
    if (!groups[heading]) {
      groups[heading] = { box: make("fieldset", { class: "mw-group" }, make("legend", {}, heading)), members: [] };
      node.append(groups[heading].box);
    }
    const group = groups[heading];
    if (control.removable) {
      group.members.push(control);
      const name = `Take ${control.label} away`;
      const away = () => {
        hear("", true, GLIDE);
        group.more?.focus(); // the button itself is gone now
      };
      const button = { type: "button", class: "mw-away", title: name, "aria-label": name, onclick: away };
      part.row.append(make("button", button, "\u00d7"));
    }
    group.box.append(part.row);
  }

  /**
   * What adds a member of a group that isn't there.
   * @param {Group} group
   */
  function adder(group) {
    const more = make("select", { "aria-label": `Add to ${group.members[0].group}` });
    more.addEventListener("change", () => {
      const name = more.value;
      moved({ [name]: "0" }, true, GLIDE);
      parts[name].focus();
    });
    group.more = more;
    return more;
  }

  /** @param {Values} values */
  const set = (values) => {
    shown = values;
    for (const [name, part] of Object.entries(parts)) {
      part.row.hidden = values[name] === "";
      part.set(values[name]);
    }
    for (const { more, members } of Object.values(groups)) {
      if (!more) continue;
      const absent = members.filter((control) => values[control.name] === "");
      const full = members.length - absent.length >= about.limit;
      const hint = full ? `${about.limit} at most: take one away first` : "Add a currency\u2026";
      const options = full ? [] : absent.map((control) => make("option", { value: control.name }, control.label));
      more.replaceChildren(make("option", { value: "", disabled: true, selected: true }, hint), ...options);
      more.disabled = full || !absent.length;
    }
  };
  /** @param {(name: string) => Mark[] | null} marks of a slider, where they are known */
  const mark = (marks) => {
    for (const [name, part] of Object.entries(parts)) if (!part.row.hidden) part.mark?.(marks(name));
  };
  const close = () => {
    stop();
    for (const part of Object.values(parts)) part.close?.();
  };
  /** @param {Record<string, string>} [now] where some sliders end in this state */
  const end = (now = {}) => {
    ends = now;
    for (const [name, part] of Object.entries(parts)) part.end?.(now[name]);
  };
  /**
   * A value, or the last that changes anything.
   * @param {string} name
   * @param {string} value
   */
  const within = (name, value) => (name in ends && +value > +ends[name] ? ends[name] : value);
  return { node, set, end, within, mark, stop, close };
}
