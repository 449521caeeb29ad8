// The controls of controls.py in the browser. Every one hears `moved(value, settled)` and can be `set`.

const DWELL = 100; // ms that the pointer rests on a control before its states are asked for

/** A number as Python writes it: no trailing zeros, no minus zero; null if it isn't one. */
function canonical(text, places) {
  const clean = text.replace(/[\s,]/g, "").replace("\u2212", "-");
  if (!/^-?(\d+\.?\d*|\.\d+)$/.test(clean)) return null;
  const fixed = Number(clean).toFixed(places);
  const short = places ? fixed.replace(/\.?0+$/, "") : fixed;
  return short === "-0" || short === "" ? "0" : short;
}

/** A canonical number as people read it. */
function readable(value) {
  const [whole, decimals] = value.replace("-", "").split(".");
  const sign = value.startsWith("-") ? "\u2212" : "";
  return sign + whole.replace(/\B(?=(\d{3})+$)/g, ",") + (decimals ? `.${decimals}` : "");
}

/** One slider: label, track, number box, unit. `moved(value, settled)` hears of every move. */
function slider(control, moved) {
  const id = newId();
  const track = make("input", { type: "range", id, min: control.least, max: control.most, step: control.step });
  const label = `${control.label}${control.unit ? `, ${control.unit}` : ""}`;
  const box = make("input", { type: "text", inputmode: "decimal", class: "mw-box", "aria-label": `${label}, as a number` });
  const wrong = make("p", { class: "mw-wrong", role: "alert", hidden: true });
  const row = make("div", { class: "mw-row" }, make("label", { for: id }, label), track, box);
  let value = "";

  const set = (next) => {
    value = next;
    if (next === "") return;
    if (track.value !== next) track.value = next;
    const shown = readable(next);
    if (document.activeElement !== box || canonical(box.value, control.places) !== next) box.value = shown;
    track.setAttribute("aria-valuetext", `${shown} ${control.unit || (control.removable ? control.label : "")}`.trim());
    track.style.setProperty("--mw-at", `${(100 * (next - control.least)) / (control.most - control.least)}%`);
    wrong.hidden = true;
    box.removeAttribute("aria-invalid");
  };
  const typed = () => {
    const next = canonical(box.value, control.places);
    if (next !== null && +next >= +control.least && +next <= +control.most) {
      if (next !== value) moved(next, true);
      else set(value);
      box.value = readable(next);
    } else {
      write(wrong, `Type a number from ${readable(control.least)} to ${readable(control.most)}. It stays at ${readable(value)}.`);
      wrong.hidden = false;
      box.setAttribute("aria-invalid", "true");
    }
  };
  track.addEventListener("input", () => moved(canonical(track.value, control.places), false));
  track.addEventListener("change", () => moved(canonical(track.value, control.places), true));
  box.addEventListener("change", typed);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") set(((box.value = ""), value));
    if (event.key === "Enter") typed();
  });
  row.append(wrong);
  return { row, set, focus: () => track.focus() };
}

/** One choice of a few words. */
function choice(control, moved) {
  const id = newId();
  const options = control.options.map((option) => make("option", { value: option }, option));
  const select = make("select", { id, onchange: () => moved(select.value, true) }, ...options);
  const row = make("div", { class: "mw-row" }, make("label", { for: id }, control.label), select);
  return { row, set: (value) => (select.value = value), focus: () => select.focus() };
}

/** On or off. */
function toggle(control, moved) {
  const id = newId();
  const box = make("input", { type: "checkbox", id, onchange: () => moved(String(box.checked), true) });
  const row = make("div", { class: "mw-row mw-switch" }, box, make("label", { for: id }, control.label));
  return { row, set: (value) => (box.checked = value === "true"), focus: () => box.focus() };
}

/** Named steps, walked with two buttons. At an end a button does nothing, but keeps the focus. */
function walk(control, moved) {
  const id = newId();
  const last = control.steps.length;
  let at = 1;
  const go = (by) => at + by >= 1 && at + by <= last && moved(String(at + by), true);
  const button = (text, by) => make("button", { type: "button", onclick: () => go(by) }, text);
  const [back, next] = [button("Back", -1), button("Next", 1)];
  const where = make("span", { class: "mw-where", role: "status" });
  const row = make("div", { class: "mw-row mw-walk", role: "group", "aria-labelledby": id }, make("span", { id }, control.label), back, where, next);
  const set = (value) => {
    at = Number(value);
    write(where, `${at} of ${last}: ${control.steps[at - 1]}`);
    back.setAttribute("aria-disabled", String(at === 1));
    next.setAttribute("aria-disabled", String(at === last));
  };
  return { row, set, focus: () => next.focus() };
}

const KINDS = { slider, choice, switch: toggle, walk };

/** The controls of a panel, with groups whose members can be taken away and added. */
function desk(about, moved, warm) {
  const node = make("form", { class: "mw-desk", onsubmit: (event) => event.preventDefault() });
  const parts = {};
  const groups = {};
  for (const control of about.controls) {
    const hear = (value, settled) => moved(control.name, value, settled);
    const part = KINDS[control.kind](control, hear);
    const soon = () => warm(control.name);
    let dwell;
    part.row.addEventListener("focusin", soon);
    part.row.addEventListener("pointerdown", soon);
    part.row.addEventListener("pointerenter", () => (dwell = setTimeout(soon, DWELL))); // passing by costs nothing
    part.row.addEventListener("pointerleave", () => clearTimeout(dwell));
    parts[control.name] = part;
    let home = node;
    if (control.group) {
      const group = (groups[control.group] ??= { box: make("fieldset", { class: "mw-group" }, make("legend", {}, control.group)), members: [] });
      if (!group.members.length) node.append(group.box);
      home = group.box;
      if (control.removable) {
        group.members.push(control);
        const name = `Take ${control.label} away`;
        const away = () => {
          hear("", true);
          group.more.focus(); // the button itself is gone now
        };
        part.row.append(make("button", { type: "button", class: "mw-away", title: name, "aria-label": name, onclick: away }, "\u00d7"));
      }
    }
    home.append(part.row);
  }
  for (const group of Object.values(groups)) {
    if (!group.members.length) continue;
    group.more = make("select", { "aria-label": `Add to ${group.members[0].group}` });
    group.more.addEventListener("change", () => {
      const name = group.more.value;
      moved(name, "0", true);
      parts[name].focus();
    });
    group.box.append(group.more);
  }
  node.append(
    make("button", { type: "button", class: "mw-again", onclick: () => moved(null, about.start, true) }, "Start again"),
    make(
      "details",
      { class: "mw-legend" },
      make("summary", {}, "What the controls do"),
      make("dl", {}, ...about.controls.filter((c) => c.legend).flatMap((c) => [make("dt", {}, c.label), make("dd", {}, c.legend)])),
    ),
  );
  const set = (values) => {
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
  return { node, set };
}
