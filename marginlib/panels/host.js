// The one host of all panels. The kernel computes states ahead; this file shows them, draws with plotly, and
// tells the kernel the final values. On screen is only ever the engine's answer for the values shown.

const PATIENCE = 5000; // ms until a silent kernel is mentioned
const COMMIT = 120; // ms of rest after which the kernel learns the values
const SPEECH = 800; // ms after which a screen reader hears what is there
const KEPT = 2000; // states kept in memory
const ROOM = 1000; // px from which figures stand side by side
const PICTURES = 150; // drawn ones kept: a slider's states and then some

/** Undo `changes` of host.py: what is different, put over what is the same. */
function merge(first, change) {
  if (change === null || typeof change !== "object" || Array.isArray(change)) return change;
  if ("=" in change) return change["="];
  if (first === null || typeof first !== "object") return change;
  const merged = Array.isArray(first) ? first.slice() : { ...first };
  for (const name in change) merged[name] = merge(first[name], change[name]);
  return merged;
}

/** Load plotly once a page: packed bytes, from whichever panel's kernel is asked first. */
function loadPlotly(model) {
  globalThis.__marginlibPlotly ??= new Promise((resolve, reject) => {
    const receive = async (message, buffers) => {
      if (message.kind !== "plotly") return;
      model.off("msg:custom", receive);
      const packed = new Blob([buffers[0]]).stream().pipeThrough(new DecompressionStream("gzip"));
      const code = new Blob([await new Response(packed).blob()], { type: "text/javascript" });
      const amd = globalThis.define; // an AMD loader on the page would swallow the script's global
      globalThis.define = undefined;
      const script = make("script", { src: URL.createObjectURL(code) });
      script.onload = () => resolve(globalThis.Plotly);
      script.onerror = reject;
      script.addEventListener("load", () => (globalThis.define = amd));
      document.head.append(script);
    };
    model.on("msg:custom", receive);
    model.send({ kind: "plotly" });
    setTimeout(reject, 12 * PATIENCE);
  });
  globalThis.__marginlibPlotly.catch(() => (globalThis.__marginlibPlotly = undefined));
  return globalThis.__marginlibPlotly;
}

const later = globalThis.requestIdleCallback ?? ((work) => setTimeout(work, 50, { timeRemaining: () => 20 }));

/** Replace the roles in a figure spec by the colours of the page's ground. */
function paint(spec, colours, ground) {
  if (typeof spec === "string") return spec.startsWith("role:") ? colours[spec.slice(5)][ground] : spec;
  if (Array.isArray(spec)) return typeof spec[0] === "number" ? spec : spec.map((item) => paint(item, colours, ground));
  if (spec === null || typeof spec !== "object") return spec;
  return Object.fromEntries(Object.entries(spec).map(([name, item]) => [name, paint(item, colours, ground)]));
}

/** Plotly's pictures of states, drawn once and then only swapped: that is what keeps a drag at the display's rate. */
function easel(about, box, model, note) {
  // Outside the notebook, which would lay itself out anew at each draw.
  const stage = make("div", { class: "mw-stage", "aria-hidden": "true" });
  document.body.append(stage);
  const kept = new Map();
  let Plotly, current, idle;
  let queue = [];
  let busy = 0;

  /** How wide each figure is: figures with a share of the width stand side by side where there is room. */
  function widths(view) {
    const full = box.clientWidth;
    return view.figures.map(({ layout }) => Math.floor(full * ((full >= ROOM && layout.meta?.share) || 1)));
  }

  /** The pictures of a state for the width and ground there are now; null while plotly is on its way. */
  function pictures(key, view) {
    const width = box.clientWidth;
    const ground = document.body.dataset.jpThemeLight === "false" ? "dark" : "light";
    const id = `${width} ${ground} ${key}`;
    if (!Plotly || !width || kept.has(id)) return kept.get(id);
    const each = widths(view);
    const nodes = sized(stage, view.figures.length, "div").map((canvas, i) => {
      const { data, layout } = paint(view.figures[i], about.colours, ground);
      Plotly.react(canvas, data, { ...layout, width: each[i] }, { staticPlot: true });
      const picture = canvas.querySelector(".svg-container").cloneNode(true);
      picture.setAttribute("aria-hidden", "true"); // the figure around it has the title as its name
      return picture;
    });
    kept.set(id, nodes);
    if (kept.size > PICTURES) kept.delete(kept.keys().next().value);
    return nodes;
  }

  function show(key, view) {
    current = [key, view];
    busy = performance.now();
    const nodes = pictures(key, view);
    const each = widths(view);
    sized(box, view.figures.length, "div", { class: "mw-figure", role: "img" }).forEach((figure, i) => {
      figure.style.minHeight = `${view.figures[i].layout.height}px`;
      figure.style.width = `${each[i]}px`;
      figure.setAttribute("aria-label", view.title);
      if (nodes && figure.firstChild !== nodes[i]) figure.replaceChildren(nodes[i]);
    });
  }

  /** Draw states that are likely to be wanted, while nothing moves. */
  function prepare(states) {
    queue = states.length > 1 ? [...queue, ...states].slice(-PICTURES + 40) : queue;
    idle ??= later(work);
  }
  function work(deadline) {
    idle = undefined;
    const rest = performance.now() - busy > 60;
    // One at a time: a key that is pressed meanwhile waits for one draw at most.
    if (queue.length && rest && deadline.timeRemaining() > 5) pictures(...queue.shift()());
    if (queue.length) idle = rest ? later(work) : setTimeout(() => (idle = later(work)), 60);
  }

  /** Once the page has found its new form: in the middle of a change of theme nothing has a width. */
  const again = () => requestAnimationFrame(() => current && show(...current));
  const watching = [new ResizeObserver(again), new MutationObserver(again)];
  watching[0].observe(box);
  watching[1].observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-jp-theme-name"] });
  loadPlotly(model).then(
    (loaded) => ((Plotly = loaded), again()),
    () => note("The picture can't be drawn: the kernel sent no plotly. Run the cell again."),
  );
  const close = () => {
    watching.forEach((watch) => watch.disconnect());
    queue = [];
    if (Plotly) [...stage.children].forEach((canvas) => Plotly.purge(canvas));
    stage.remove();
  };
  return { show, prepare, close };
}

/** The part that shows a view: title, figures, words, strip, tables. Built once, then only changed. */
function screen(about, model, note) {
  const title = make("h3", { class: "mw-title" });
  const alert = make("p", { class: "mw-alert", role: "note", hidden: true });
  const figures = make("div", { class: "mw-figures" });
  const words = make("div", { class: "mw-words" });
  const strip = make("ol", { class: "mw-strip", "aria-label": about.strip });
  const tables = make("div", { class: "mw-tables" });
  const live = make("p", { class: "mw-hidden", "aria-live": "polite" });
  const art = easel(about, figures, model, note);
  const node = make("div", { class: "mw-screen" }, title, alert, figures, words, strip, tables, live);
  let current, spoken, wide;

  function fillTable(box, table) {
    if (box.caption !== table.caption) {
      box.caption = table.caption;
      const open = box.firstChild ? box.firstChild.open : table.open;
      const heads = table.columns.map((c) => make("th", { scope: "col", class: c.number && "mw-number" }, c.label));
      const body = make("tbody");
      const inner = make("table", {}, make("caption", {}, table.caption), make("thead", {}, make("tr", {}, ...heads)), body);
      const details = make("details", { open }, make("summary", {}, table.caption), inner);
      box.replaceChildren(details);
      box.body = body;
    }
    sized(box.body, table.rows.length, "tr").forEach((line, i) => {
      const row = table.rows[i];
      if (line.dataset.mark !== row.mark) line.dataset.mark = row.mark;
      if (line.children.length !== row.cells.length)
        line.replaceChildren(
          ...row.cells.map((_, j) =>
            j ? make("td", { class: table.columns[j].number && "mw-number" }) : make("th", { scope: "row" }),
          ),
        );
      row.cells.forEach((cell, j) => write(line.children[j], cell));
    });
  }

  function show(key, view) {
    current = view;
    write(title, view.title);
    write(alert, view.alert || "");
    alert.hidden = !view.alert;
    sized(words, view.words.length, "p").forEach((p, i) => write(p, view.words[i]));
    strip.hidden = !view.strip.length;
    sized(strip, view.strip.length, "li").forEach((item, i) => {
      const [text, mark] = view.strip[i];
      write(item, text);
      if (item.dataset.mark === mark) return;
      item.dataset.mark = mark;
      item.setAttribute("aria-label", `${text}: ${mark}`);
    });
    sized(tables, view.tables.length, "div").forEach((box, i) => fillTable(box, view.tables[i]));
    art.show(key, view);
  }

  /** Tell a screen reader what is there, once things have come to rest; keep the room that the words have taken. */
  function say() {
    if (wide !== node.clientWidth) words.style.minHeight = "";
    wide = node.clientWidth;
    words.style.minHeight = `${words.offsetHeight}px`;
    const text = current ? [current.title, current.alert || "", ...current.words].join(" ") : "";
    if (spoken !== undefined && text !== spoken) write(live, text);
    spoken = text;
  }

  return { node, show, say, prepare: art.prepare, close: art.close };
}

function render({ model, el }) {
  const about = model.get("_about");
  const names = about.controls.map((control) => control.name);
  const keyOf = (values) => names.map((name) => values[name]).join("|");
  const states = new Map();
  const asked = new Set();
  let values = { ...model.get("values") };
  let pending = null; // the key of a commit that is on its way
  let flight = null; // the one exact request under way
  let frame = 0;
  let rest = 0;
  let speech = 0;
  let drawn = null;

  const said = make("p", { class: "mw-note", role: "status", hidden: true });
  const note = (text) => {
    write(said, text);
    said.hidden = !text;
  };
  const veil = make("p", { class: "mw-veil" });
  const cover = () => {
    write(veil, model.get("veil"));
    root.toggleAttribute("data-veiled", Boolean(model.get("veil")));
  };
  const view = screen(about, model, note);
  const controls = desk(about, moved, warm);
  const root = make(
    "section",
    { class: "mw-panel", "aria-label": about.heading },
    make("div", { class: "mw-layout" }, controls.node, make("div", { class: "mw-stand" }, veil, view.node)),
    said,
  );
  keepKeys(root);
  el.append(root);

  function keep(key, first, change) {
    states.delete(key);
    states.set(key, { first, change });
    if (states.size > KEPT) states.delete(states.keys().next().value);
  }

  function schedule() {
    frame ||= requestAnimationFrame(show);
  }

  function show() {
    frame = 0;
    const key = keyOf(values);
    const state = states.get(key);
    root.toggleAttribute("data-waiting", !state);
    root.setAttribute("aria-busy", String(!state));
    root.dataset.key = state ? key : "";
    if (!state) return ask(key);
    if (said.textContent) note("");
    if (key === drawn) return;
    drawn = key;
    view.show(key, merge(state.first, state.change));
  }

  /** One exact request at a time; what is wanted by then is asked next. */
  function ask(key) {
    if (flight && !flight.late) return;
    const silent = () => {
      note("The kernel does not answer. It may be busy with another cell; if it has stopped, run the cell again.");
      if (flight) flight.late = true;
    };
    flight = { key, timer: setTimeout(silent, PATIENCE) };
    model.send({ kind: "exact", values });
  }

  /** Have the states along a control computed before it moves. */
  function warm(name) {
    const others = `${name}:${keyOf({ ...values, [name]: "*" })}`;
    if (asked.has(others)) return;
    asked.add(others);
    model.send({ kind: "along", control: name, values });
  }

  function moved(name, value, settled) {
    if (model.get("veil")) model.set("veil", ""); // to move on is to skip the question above
    if (name === null) values = { ...value };
    else values = { ...values, [name]: value };
    controls.set(values);
    if (name !== null) warm(name);
    schedule();
    clearTimeout(rest);
    rest = setTimeout(commit, settled ? COMMIT : 4 * COMMIT);
  }

  function commit() {
    rest = 0;
    clearTimeout(speech);
    speech = setTimeout(view.say, SPEECH);
    const key = keyOf(values);
    if (key !== keyOf(model.get("values"))) {
      // it is the same when Python was faster
      pending = key;
      model.set("values", { ...values });
    }
    model.save_changes();
  }

  function adopt() {
    values = { ...model.get("values") };
    controls.set(values);
    schedule();
  }

  const onValues = () => {
    // An echo of an older commit must not take a control back under the learner's hand.
    if (pending === null && !rest && keyOf(model.get("values")) !== keyOf(values)) adopt();
  };
  const onShown = () => {
    const shown = model.get("_shown");
    keep(shown.key, shown.view, {});
    // The kernel may also answer a commit with other values: an observer there has the last word.
    if (shown.key === pending || shown.key === keyOf(model.get("values"))) pending = null;
    if (pending === null && !rest && keyOf(model.get("values")) !== keyOf(values)) adopt();
    schedule();
  };
  const onMessage = (message) => {
    if (message.kind === "failed") {
      clearTimeout(flight && flight.timer);
      flight = pending = null;
      return note(message.message);
    }
    if (message.kind !== "states") return;
    const drawable = [];
    for (const key in message.states) {
      keep(key, message.first, message.states[key]);
      drawable.push(() => [key, merge(message.first, message.states[key])]);
    }
    view.prepare(drawable);
    if (flight && flight.key in message.states) {
      clearTimeout(flight.timer);
      flight = null;
    }
    schedule();
  };
  model.on("change:values", onValues);
  model.on("change:veil", cover);
  model.on("change:_shown", onShown);
  model.on("msg:custom", onMessage);
  controls.set(values);
  cover();
  onShown();
  return () => {
    model.off("change:values", onValues);
    model.off("change:veil", cover);
    model.off("change:_shown", onShown);
    model.off("msg:custom", onMessage);
    cancelAnimationFrame(frame);
    clearTimeout(rest);
    clearTimeout(speech);
    clearTimeout(flight && flight.timer);
    view.close();
  };
}

export default { render };
