// The paper that an account is written on: rows that come and go, boxes, and a sentence beside each box that needs one.
// What is typed stays as it is typed; what is wrong with it, Python says.

import { make, newId, write } from "../../panels/browser/dom.js";

/**
 * @typedef {object} Column a box, as own_case.py describes it
 * @property {string} name
 * @property {string} label
 * @property {string} [hint] an example, in the empty box
 * @property {[value: string, label: string][]} [options] what is chosen among, instead of typed
 * @property {boolean} [number]
 * @property {boolean} [rare] it is there only where something stands in it
 */

/**
 * @typedef {object} Section rows of boxes, or boxes alone
 * @property {string} name
 * @property {string} title
 * @property {string} help
 * @property {string} [row] what a row is called; none: there is just one of each box, and its name is its whole place
 * @property {number} per how many boxes stand beside each other
 * @property {boolean} [compact] the boxes' names stand above the first row alone
 * @property {boolean} [folded] is of use to few
 * @property {[place: string, text: string]} [when] it is there only while that box says that
 * @property {Column[]} columns
 */

/** @typedef {Record<string, string>} Line the texts of a row's boxes */
/** @typedef {Record<string, string | Line | Line[]>} Fields all that is written, as Python has it */
/** @typedef {HTMLInputElement | HTMLSelectElement} Box */
/** @typedef {{ node: HTMLElement, boxes: Map<string, Box>, sentences: Map<string, HTMLElement>, wrong: HTMLElement, away?: HTMLButtonElement, fresh: boolean, rest: Line }} Row */

const CALM = 900; // ms for which a box that is typed in isn't told what it lacks

/**
 * @param {Section[]} sections
 * @param {{ typed: () => void, before: () => void, gone: (name: string, line: Line) => void }} hear that something is
 * typed; that a row is about to go; that it has gone, from which part, and what stood in it
 */
export function paper(sections, hear) {
  /** @type {Map<string, { section: Section, rows: Row[], list: HTMLElement, add?: HTMLButtonElement, wrong: HTMLElement, fold: HTMLElement }>} */
  const parts = new Map();
  /** What is said of each place that is wrong, and of each that isn't. @type {Record<string, string>[]} */
  let [said, noted] = [{}, {}];
  /** What was put there: what has no box stays with it. @type {Fields} */
  let base = {};
  let calm = 0;
  /** Where something was typed lately. @type {Element | null} */
  let hot = null;
  const node = make("form", { class: "mc-paper", "aria-label": "The account as it is", autocomplete: "off" });
  node.addEventListener("submit", (event) => event.preventDefault());

  for (const section of sections) {
    const list = make("div", { class: "mc-rows" });
    const wrong = make("p", { class: "mc-wrong", id: newId() });
    /** @type {HTMLElement[]} */
    const body = [make("p", { class: "mc-help" }, section.help), list, wrong];
    /** @type {HTMLButtonElement | undefined} */
    let add;
    if (section.row) {
      add = make("button", { type: "button", class: "mc-add", onclick: () => begin(section.name) });
      write(add, `Add a ${section.row}`);
      body.push(add);
    }
    const fold = section.folded
      ? make("details", { class: "mc-part" }, make("summary", {}, section.title), ...body)
      : make("fieldset", { class: "mc-part" }, make("legend", {}, section.title), ...body);
    fold.dataset.part = section.name;
    fold.toggleAttribute("data-compact", Boolean(section.compact));
    if (section.folded) fold.setAttribute("role", "group");
    if (section.folded) fold.setAttribute("aria-label", section.title);
    parts.set(section.name, { section, rows: [], list, add, wrong, fold });
    node.append(fold);
    if (!section.row) list.append(line(section, false).node);
  }

  /** @param {string} name */
  function part(name) {
    const found = parts.get(name);
    if (!found) throw new Error(`there is no part ${name}`);
    return found;
  }

  /**
   * A row of boxes, at the end of its part.
   * @param {Section} section
   * @param {boolean} fresh nothing is said of what it lacks, until it is left
   * @returns {Row}
   */
  function line(section, fresh) {
    const { rows } = part(section.name);
    const wrong = make("p", { class: "mc-wrong", id: newId() });
    const around = make("div", { class: "mc-line" });
    /** @type {Row} */
    const row = { node: around, boxes: new Map(), sentences: new Map(), wrong, fresh, rest: {} };
    /** The sentences of the boxes that stand beside each other come below them: no box moves. @type {HTMLElement[]} */
    let below = [];
    for (const [at, column] of section.columns.entries()) {
      const id = newId();
      const about = { id, name: column.name, autocomplete: "off", spellcheck: "false", "data-column": column.name };
      /** @type {Box} */
      const box = column.options
        ? make("select", about, ...column.options.map(([value, label]) => make("option", { value }, label)))
        : make("input", {
            ...about,
            type: "text",
            inputmode: column.number ? "decimal" : undefined,
            class: column.number && "mc-number",
            placeholder: column.hint,
          });
      box.addEventListener("input", () => typed(box));
      box.addEventListener("blur", () => tell());
      row.boxes.set(column.name, box);
      const sentence = make("p", { class: "mc-wrong", id: `${id}-wrong`, "data-label": column.label });
      row.sentences.set(column.name, sentence);
      below.push(sentence);
      around.append(
        make(
          "span",
          { class: "mc-box", "data-column": column.name, hidden: column.rare },
          make("label", { for: id }, column.label),
          box,
        ),
      );
      if ((at + 1) % section.per && at + 1 < section.columns.length) continue;
      around.append(...below);
      below = [];
    }
    if (section.row) {
      around.setAttribute("role", "group");
      row.away = make("button", { type: "button", class: "mc-away", onclick: () => remove(section.name, row) }, "×");
      around.append(row.away);
      around.addEventListener("focusout", (event) => {
        if (!row.fresh || around.contains(/** @type {Node | null} */ (event.relatedTarget))) return;
        row.fresh = false;
        tell();
      });
    }
    around.append(wrong);
    rows.push(row);
    return row;
  }

  /** @param {Box} box */
  function typed(box) {
    hot = box;
    appear();
    clearTimeout(calm);
    calm = setTimeout(() => {
      hot = null;
      tell();
    }, CALM);
    hear.typed();
  }

  /**
   * A new row, to be filled in.
   * @param {string} name
   */
  function begin(name) {
    const { section, list } = part(name);
    const row = line(section, true);
    list.append(row.node);
    number(name);
    [...row.boxes.values()][0].focus();
    hear.typed();
  }

  /**
   * @param {string} name
   * @param {Row} row
   */
  function remove(name, row) {
    hear.before();
    const { rows, add } = part(name);
    const at = rows.indexOf(row);
    rows.splice(at, 1);
    row.node.remove();
    number(name);
    hear.gone(name, Object.fromEntries([...row.boxes].map(([column, box]) => [column, box.value])));
    // Where one would go on: at the row that has taken its place, the one before, or where a new one begins.
    (rows[at] ?? rows[at - 1])?.away?.focus();
    if (!rows.length) add?.focus();
    hear.typed();
  }

  /**
   * The names of a part's rows, as they stand now.
   * @param {string} name
   */
  function number(name) {
    const { section, rows } = part(name);
    for (const [at, { node: around, away }] of rows.entries()) {
      if (!section.row) continue;
      const called = `${section.row} ${at + 1}`;
      around.setAttribute("aria-label", `${called[0].toUpperCase()}${called.slice(1)}`);
      away?.setAttribute("aria-label", `Remove ${called}`);
      away?.setAttribute("title", `Remove ${called}`);
    }
  }

  /** @returns {Fields} all that is written now */
  function fields() {
    /** @type {Fields} */
    const all = { ...base };
    for (const [name, { section, rows }] of parts) {
      const lines = rows.map(({ boxes }) => [...boxes].map(([column, box]) => [column, box.value]));
      if (section.row) all[name] = lines.map((each, at) => ({ ...rows[at].rest, ...Object.fromEntries(each) }));
      else for (const [place, text] of lines[0]) set(all, place, text);
    }
    return all;
  }

  /** @param {Fields} all @param {string} place such as `fees.trading`, or `valuation` @param {string} text */
  function set(all, place, text) {
    const [name, key] = place.split(".");
    all[name] = key ? { .../** @type {Line} */ (all[name]), [key]: text } : text;
  }

  /** @param {Fields} all @param {string} place @returns {string} */
  function get(all, place) {
    const [name, key] = place.split(".");
    const found = /** @type {any} */ (all[name]);
    return (key ? found?.[key] : found) ?? "";
  }

  /** Parts come and go with what a box says. */
  function appear() {
    const all = fields();
    for (const { section, fold } of parts.values())
      fold.hidden = Boolean(section.when) && get(all, section.when?.[0] ?? "") !== section.when?.[1];
  }

  /** @param {Fields} all what is to be written there instead */
  function put(all) {
    base = all;
    for (const [name, { section, rows, list }] of parts) {
      const lines = section.row ? /** @type {Line[]} */ (all[name] ?? []) : [];
      if (section.row) {
        while (rows.length > lines.length) rows.pop()?.node.remove();
        while (rows.length < lines.length) list.append(line(section, false).node);
        number(name);
      }
      for (const [at, row] of rows.entries()) {
        row.fresh = false;
        row.rest = lines[at] ?? {};
        for (const [column, box] of row.boxes) {
          const text = section.row ? (lines[at]?.[column] ?? "") : get(all, column);
          if (box.value !== text) box.value = text;
          const rare = section.columns.find((each) => each.name === column)?.rare;
          if (rare && box.parentElement) box.parentElement.hidden = !text;
        }
      }
    }
    appear();
  }

  /**
   * @param {string} path
   * @returns {Box | undefined}
   */
  function boxAt(path) {
    const [name, at, column] = path.split(".");
    for (const { section, rows } of parts.values())
      if (!section.row && rows[0].boxes.has(path)) return rows[0].boxes.get(path);
    return parts.get(name)?.rows[Number(at)]?.boxes.get(column);
  }

  /**
   * @param {Record<string, string>} found what is wrong, by place, such as `lots.1.volume`, `lots.1` or `lots`
   * @param {Record<string, string>} notes what is worth knowing, by place
   */
  function problems(found, notes) {
    said = found;
    noted = notes;
    tell();
  }

  /** The sentences beside the boxes. One that is typed in is left in peace for a while, unless it had one already. */
  function tell() {
    for (const [name, { section, rows, wrong, fold }] of parts) {
      write(wrong, said[name] ?? noted[name] ?? "");
      wrong.toggleAttribute("data-note", !said[name]);
      for (const [at, row] of rows.entries()) {
        const where = section.row ? `${name}.${at}` : name;
        write(row.wrong, section.row && !row.fresh ? (said[where] ?? "") : "");
        for (const [column, box] of row.boxes) {
          const sentence = /** @type {HTMLElement} */ (row.sentences.get(column));
          const place = section.row ? `${where}.${column}` : column;
          const early = (row.fresh && !box.value) || (box === hot && !sentence.textContent);
          write(sentence, early ? "" : (said[place] ?? noted[place] ?? ""));
          const shown = Boolean(sentence.textContent);
          sentence.toggleAttribute("data-note", !said[place]);
          if (shown && said[place]) box.setAttribute("aria-invalid", "true");
          else box.removeAttribute("aria-invalid");
          const ids = [shown && sentence.id, row.wrong.textContent && row.wrong.id].filter(Boolean).join(" ");
          if (ids) box.setAttribute("aria-describedby", ids);
          else box.removeAttribute("aria-describedby");
          if (shown && section.folded) fold.setAttribute("open", "");
        }
      }
    }
  }

  /**
   * Go to a place.
   * @param {string} path
   * @returns {boolean} whether there is one
   */
  function go(path) {
    const [name, at] = path.split(".");
    const found = parts.get(name);
    const row = found?.rows[Number(at)];
    const first = row && [...row.boxes.values()][0];
    const target = boxAt(path) ?? first ?? found?.add ?? boxAt(sections[0].name);
    target?.closest("details")?.setAttribute("open", "");
    if (row) row.fresh = false;
    target?.focus();
    return Boolean(target);
  }

  return {
    node,
    fields,
    put,
    problems,
    go,
    /** The first box of all, or where there will be one. */
    first: () => go(`${sections[0].name}.0`),
    /**
     * Another row, filled in as far as it is known; the focus stays where it is.
     * @param {string} name
     * @param {Line} known
     */
    also(name, known) {
      const { section, list, rows } = part(name);
      const spare = rows.find(({ boxes }) => [...boxes.values()].every((box) => !box.value));
      const row = spare ?? line(section, true);
      if (!spare) list.append(row.node);
      for (const [column, text] of Object.entries(known)) {
        const box = row.boxes.get(column);
        if (box) box.value = text;
      }
      number(name);
    },
    /**
     * Without the rows that say so.
     * @param {string} name
     * @param {(line: Line) => boolean} which
     * @returns {number} how many there were
     */
    without(name, which) {
      const { rows } = part(name);
      const going = rows.filter(({ boxes }) =>
        which(Object.fromEntries([...boxes].map(([at, { value }]) => [at, value]))),
      );
      for (const row of going) {
        rows.splice(rows.indexOf(row), 1);
        row.node.remove();
      }
      number(name);
      return going.length;
    },
    close: () => clearTimeout(calm),
  };
}
