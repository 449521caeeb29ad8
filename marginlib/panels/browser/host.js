// The one host of all panels. The kernel computes states ahead; this side shows them, draws with plotly, and tells the
// kernel the final values. On screen is only ever the engine's answer for the values shown.

import { desk } from "./controls.js";
import { keepKeys, make, notice, write } from "./dom.js";
import { linkTo } from "./links.js";
import { screen } from "./screen.js";
import { sharing } from "./sharing.js";
import { inSlots } from "./slots.js";
import { openStore } from "./store.js";
import { reasons } from "./why.js";

/** @import { About, Message, Model, Values } from "./types.d.ts" */

const AT_REST = 500; // ms after which a state that is shown is at rest
const SPEECH = 800; // ms after which a screen reader hears what is there

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
  let rest = 0;
  /** @type {string | null} */
  let drawn = null;

  const { node: said, note } = notice();
  const veil = make("p", { class: "mw-veil" });
  const cover = () => {
    write(veil, model.get("veil"));
    root.toggleAttribute("data-veiled", Boolean(model.get("veil")));
  };
  const schedule = () => {
    frame ||= requestAnimationFrame(show);
  };
  const store = openStore({
    names: about.controls.map((control) => control.name),
    values: { ...model.get("values") },
    send: (message) => model.send(message),
    adopted() {
      share.forget();
      controls.set(store.values());
    },
    changed: schedule,
    rested(values) {
      clearTimeout(speech);
      speech = setTimeout(view.say, SPEECH);
      if (values) model.set("values", { ...values });
      model.save_changes();
    },
    note,
    clock: globalThis,
    silent: model.get("_silent"),
  });
  const view = screen(about, model, store.view);
  const why = reasons(view.node, (message) => model.send(message));
  const share = sharing(() => linkTo(about, store.values(), model.get("_address")));
  const controls = desk(about, moved, store.warm, share.parts);
  const root = make(
    "section",
    { class: "mw-panel", "aria-label": about.heading },
    make("div", { class: "mw-layout" }, controls.node, make("div", { class: "mw-stand" }, veil, view.node)),
    said,
  );
  keepKeys(root);
  el.append(root);

  /**
   * @param {Values} values
   * @param {boolean} settled
   */
  function moved(values, settled) {
    if (model.get("veil")) model.set("veil", ""); // to move on is to skip the question above
    share.forget();
    store.move(values, settled);
    controls.set(store.values());
  }

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
    if (now) view.show(key, now);
    clearTimeout(rest);
    rest = setTimeout(() => store.key() === drawn && why.rested(store.values()), AT_REST);
  }

  const onValues = () => store.heard({ ...model.get("values") });
  const onShown = () => store.heard({ ...model.get("values") }, model.get("_shown"));
  /** @param {Message} message */
  const onMessage = (message) => {
    if (message.kind === "states") view.prepare(store.received(message));
    else {
      store.received(message);
      why.received(message);
    }
  };
  model.on("change:values", onValues);
  model.on("change:veil", cover);
  model.on("change:_shown", onShown);
  model.on("msg:custom", onMessage);
  controls.set(store.values());
  cover();
  onShown();
  return () => {
    model.off("change:values", onValues);
    model.off("change:veil", cover);
    model.off("change:_shown", onShown);
    model.off("msg:custom", onMessage);
    cancelAnimationFrame(frame);
    clearTimeout(speech);
    clearTimeout(rest);
    share.forget();
    why.close();
    store.close();
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
