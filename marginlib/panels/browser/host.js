// The one host of all panels. The kernel computes states ahead; this side shows them, draws with plotly, and tells the
// kernel the final values. On screen is only ever the engine's answer for the values shown.

import { desk } from "./controls.js";
import { keepKeys, make, notice, write } from "./dom.js";
import { openTracks } from "./happens.js";
import { linkTo } from "./links.js";
import { GLIDE, isStill } from "./motion.js";
import { rulesIn } from "./rules.js";
import { screen } from "./screen.js";
import { sharing } from "./sharing.js";
import { inSlots } from "./slots.js";
import { stage } from "./stage.js";
import { openStore } from "./store.js";
import { reasons } from "./why.js";

/** @import { About, Message, Model, Pace, Values } from "./types.d.ts" */

const AT_REST = 500; // ms after which a state that is shown is at rest
const SPEECH = 800; // ms after which a screen reader hears what is there
const SETTLED = 1000; // ms that a panel has been in sight until its tracks are looked at

/**
 * Show a panel.
 * @param {{ model: Model, el: HTMLElement }} place
 * @returns {() => void} takes it away again
 */
function render({ model, el }) {
  /** @type {About} */
  const about = model.get("_about");
  let frame = 0;
  let speech = 0;
  let calm = 0;
  /** @type {string | null} */
  let drawn = null;
  /** How what is shown next comes about. @type {Pace | undefined} */
  let pace;
  let sight = 0;

  const { node: said, note } = notice();
  const veil = make("p", { class: "mw-veil" });
  const cover = () => {
    write(veil, model.get("veil"));
    root.toggleAttribute("data-veiled", Boolean(model.get("veil")));
    mark();
  };
  /** A covered picture isn't given away by the tracks. */
  const mark = () => controls.mark(model.get("veil") ? () => null : tracks.marks);
  const schedule = () => {
    frame ||= requestAnimationFrame(show);
  };
  const store = openStore({
    names: about.controls.map((control) => control.name),
    values: { ...model.get("values") },
    send: (message) => model.send(message),
    adopted() {
      share.forget();
      pace = GLIDE;
      follow();
      controls.stop(); // only now: what runs tells where it has come to, and that is what Python has set
    },
    changed: schedule,
    rested(values) {
      if (!model.get("veil")) tracks.rested();
      clearTimeout(speech);
      speech = setTimeout(rest, SPEECH);
      if (values) model.set("values", { ...values });
      model.save_changes();
    },
    note,
    clock: globalThis,
    silent: model.get("_silent"),
  });
  const tracks = openTracks({
    controls: about.controls,
    store,
    send: (message) => model.send(message),
    changed: () => mark(),
    clock: globalThis,
  });
  const view = screen(about, model, store.view, {
    controls: about.controls,
    values: store.values,
    moved(name, value, settled, pace) {
      controls.stop();
      moved({ [name]: controls.within(name, value) }, settled, pace);
    },
    warm: store.warm,
  });
  const share = sharing(() => linkTo(about, store.values(), model.get("_address")));
  const controls = desk(about, moved, store.warm, store.has, share.parts);
  // The picture first: whoever reads or tabs through a panel meets what it is about before what moves it.
  const rail = make("div", { class: "mw-rail" }, view.picture);
  const layout = make("div", { class: "mw-layout" }, rail, controls.node, view.reading);
  const root = make("section", { class: "mw-panel", role: "group", "aria-label": about.heading }, layout, said);
  view.picture.append(veil);
  keepKeys(root);
  root.addEventListener("pointerdown", tracks.moved); // a drag may begin
  root.addEventListener("pointerup", () => model.get("veil") || tracks.rested());
  el.append(root);
  const placed = stage({ ...view, root, layout, rail, desk: controls.node });
  view.picture.prepend(placed.button);
  const rules = rulesIn(root, model, controls.stop);
  const why = reasons({
    stage: root,
    home: view.reading,
    send: (message) => model.send(message),
    filled: rules.link,
    opens: controls.stop,
  });
  /** Nothing has moved for a while. */
  function rest() {
    view.say();
    placed.settle();
    rules.link();
  }

  /**
   * @param {Values} values
   * @param {boolean} settled
   * @param {Pace} [how] it comes about
   * @param {boolean} [byItself] no hand moved it
   */
  function moved(values, settled, how, byItself) {
    if (model.get("veil")) model.set("veil", ""); // to move on is to skip the question above
    share.forget();
    // A release that moves nothing more doesn't end what its press began.
    if (how || Object.keys(values).some((name) => values[name] !== store.values()[name])) pace = how;
    tracks.moved();
    store.move(values, settled, byItself);
    follow();
  }

  /** Controls, tracks and handles show the values at once; the picture does once it is known. */
  function follow() {
    controls.set(store.values());
    root.dataset.link = linkTo(about, store.values());
    mark();
    view.follow(motion());
  }

  const motion = () => (isStill() ? undefined : pace);

  function show() {
    frame = 0;
    const key = store.key();
    const known = store.known();
    why.moved(key);
    root.toggleAttribute("data-waiting", !known);
    root.setAttribute("aria-busy", String(!known));
    root.dataset.key = known ? key : "";
    if (!known) return;
    note("");
    const now = key === drawn ? null : store.view(key);
    drawn = key;
    if (!now) return;
    const first = !root.dataset.shown;
    root.dataset.shown = "true";
    controls.end(now.ends);
    view.show(key, now, motion());
    if (first) rules.link();
    clearTimeout(calm);
    calm = setTimeout(() => store.key() === drawn && why.rested(store.values()), AT_REST);
  }

  const onValues = () => store.heard({ ...model.get("values") });
  const onShown = () => store.heard({ ...model.get("values") }, model.get("_shown"));
  /** @param {Message} message */
  const onMessage = (message) => {
    const keys = store.received(message);
    if (message.kind === "states") view.prepare(keys);
    if (message.kind === "states" || message.kind === "happens") tracks.learned(message.kind === "happens");
    why.received(message);
  };
  const seen = new IntersectionObserver(([{ isIntersecting }]) => {
    clearTimeout(sight);
    if (isIntersecting && !model.get("veil")) sight = setTimeout(tracks.rested, SETTLED);
    else if (!isIntersecting) tracks.moved();
  });
  seen.observe(root);
  model.on("change:values", onValues);
  model.on("change:veil", cover);
  model.on("change:_shown", onShown);
  model.on("msg:custom", onMessage);
  controls.set(store.values());
  root.dataset.link = linkTo(about, store.values());
  cover();
  onShown();
  return () => {
    model.off("change:values", onValues);
    model.off("change:veil", cover);
    model.off("change:_shown", onShown);
    model.off("msg:custom", onMessage);
    cancelAnimationFrame(frame);
    clearTimeout(speech);
    clearTimeout(sight);
    seen.disconnect();
    clearTimeout(calm);
    share.forget();
    why.close();
    tracks.close();
    controls.close();
    store.close();
    rules.close();
    placed.close();
    view.close();
    root.remove();
  };
}

/**
 * A model is there, made by a cell or found again in a living kernel: its slots are looked for.
 * @param {{ model: Model }} made
 * @returns {() => void} lets go of them
 */
const initialize = ({ model }) => inSlots(model, render);

export default { initialize, render };
