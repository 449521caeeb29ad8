// Pictures that go from where they stood to where they stand. Both are drawn; in between a copy of the second is shown,
// its parts on their way from those of the first. What has no partner fades. Plotly draws nothing for it.

/** @import { Pace } from "./types.d.ts" */

/** The pace of a step, a choice, a jump. @type {Pace} */
export const GLIDE = { ms: 250 };
const PARTS = ["d", "transform", "x", "y", "width", "height", "cx", "cy", "r", "points"]; // what has a place or a size
const NUMBER = /-?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?/gi;
const PIECE = /([MLHV])([^MLHV]*)/g;
const COLUMN = /^M(-?[\d.]+),(-?[\d.]+)V(-?[\d.]+)H(-?[\d.]+)V/;

/** Whether whoever looks wants nothing to move by itself. */
export const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * From one text with numbers to another: those that differ, on their way.
 * @param {string} from
 * @param {string} to
 * @returns {((share: number) => string) | null} null if they don't have the same form
 */
export function between(from, to) {
  const same = from.replace(NUMBER, "#") === to.replace(NUMBER, "#");
  const [one, other] = same ? [from, to] : [polyline(from), polyline(to)];
  if (!one || !other) return null;
  const start = numbers(one);
  const end = numbers(other);
  // Where a line has more points than the other, those stand at the other's end.
  while (start.length < end.length) start.push(...start.slice(-2));
  while (end.length < start.length) end.push(...end.slice(-2));
  const form = (start.length > numbers(other).length ? one : other).split(NUMBER);
  return (share) =>
    form.map((text, i) => (i < end.length ? text + rounded(start[i] + (end[i] - start[i]) * share) : text)).join("");
}

/** @param {string} text */
const numbers = (text) => (text.match(NUMBER) ?? []).map(Number);

/** @param {number} number */
const rounded = (number) => Math.round(number * 100) / 100;

/**
 * A path of one straight line after another, with each of its points; "" if it isn't that.
 * @param {string} path
 */
function polyline(path) {
  if (!/^M[-\d.,\sLHV]+$/.test(path)) return "";
  let [x, y] = [0, 0];
  let written = "";
  for (const [, letter, rest] of path.matchAll(PIECE)) {
    const found = numbers(rest);
    while (found.length) {
      if (letter !== "V") x = found.shift() ?? x;
      if (letter !== "H") y = found.shift() ?? y;
      written += `${written ? "L" : "M"}${x},${y}`;
    }
  }
  return written;
}

/**
 * The first shape or text of a part: its colour tells what the part is.
 * @param {Element} part
 * @returns {Element | null}
 */
const inked = (part) => (/^(path|text|rect)$/.test(part.tagName) ? part : part.querySelector("path, text"));

/**
 * What a part is known by, from what is most alike to what is alike enough; none where only its twin will do.
 * @param {Element} part
 * @returns {string[]}
 */
function known(part) {
  const kind = `${part.tagName} ${(part.getAttribute("class") ?? "").replace(/\btrace\w{6,}/, "")}`;
  if (!/^(path|text|rect)|\b(trace|point|textpoint|\w+tick)\b/.test(kind)) return [kind];
  const first = inked(part);
  const style = first instanceof SVGElement ? first.style : null;
  const ink = `${kind} ${style?.fill.replace(/url\(.*?\)/, "url")} ${style?.stroke}`;
  const text = part.querySelector("path") ? "" : (part.textContent ?? "");
  const column = /\btrace\b/.test(kind) ? null : COLUMN.exec(first?.getAttribute("d") ?? "");
  if (column) {
    const [, left, base, top, right] = column;
    return [`${ink} x${left} ${right}`, `${ink} y${base} ${top}`];
  }
  return text ? [`${ink} ${text}`, `${ink} ${text.replace(/[\d.,]+/g, "#")}`, ink] : [ink];
}

/**
 * Find the partners among the parts of two pictures.
 * @param {Element[]} before
 * @param {Element[]} after
 * @returns {Map<Element, Element>} of the second's parts, those of the first
 */
function partners(before, after) {
  /** @type {Map<Element, Element>} */
  const pairs = new Map();
  let left = before.map((part) => ({ part, names: known(part) }));
  let open = after.map((part) => ({ part, names: known(part) }));
  for (let level = 0; level < 3 && left.length && open.length; level++) {
    /** @type {Map<string, Element[]>} */
    const byName = new Map();
    for (const { part, names } of left) {
      const name = names[Math.min(level, names.length - 1)];
      byName.set(name, [...(byName.get(name) ?? []), part]);
    }
    for (const { part, names } of open) {
      const found = byName.get(names[Math.min(level, names.length - 1)])?.shift();
      if (found) pairs.set(part, found);
    }
    const taken = new Set(pairs.values());
    left = left.filter(({ part }) => !taken.has(part));
    open = open.filter(({ part }) => !pairs.has(part));
  }
  return pairs;
}

/**
 * How a picture's parts come from where those of another stand.
 * @param {Element} from
 * @param {Element} to is changed on the way
 * @param {((share: number) => void)[]} ways
 */
function pair(from, to, ways) {
  if (from.isEqualNode(to)) return;
  for (const name of PARTS) {
    const [start, end] = [from.getAttribute(name), to.getAttribute(name)];
    if (start === end || start === null || end === null) continue;
    const way = between(start, end);
    if (way) ways.push((share) => to.setAttribute(name, way(share)));
    else if (name === "d") {
      fade(to, 0, 1, ways);
      leave(from, to, ways);
    }
  }
  const after = [...to.children];
  const before = [...from.children];
  const pairs = partners(before, after);
  for (const part of after) {
    const partner = pairs.get(part);
    if (partner) pair(partner, part, ways);
    else fade(part, 0, 1, ways);
  }
  const stay = new Set(pairs.values());
  for (const part of before) if (!stay.has(part)) leave(part, to.lastElementChild, ways, to);
}

/**
 * @param {Element} part
 * @param {number} start
 * @param {number} end
 * @param {((share: number) => void)[]} ways
 */
function fade(part, start, end, ways) {
  if (!(part instanceof SVGElement)) return;
  const own = Number(part.style.opacity || 1);
  ways.push((share) => {
    part.style.opacity = String(own * (start + (end - start) * share));
  });
}

/**
 * What isn't there any more leaves.
 * @param {Element} part
 * @param {Element | null} place behind which it stands
 * @param {((share: number) => void)[]} ways
 * @param {Element} [within] where there is no such place
 */
function leave(part, place, ways, within) {
  const left = /** @type {Element} */ (part.cloneNode(true));
  if (place) place.after(left);
  else within?.append(left);
  fade(left, 1, 0, ways);
}

/** @param {number} time from 0 to 1 */
const eased = (time) => (time < 0.5 ? 4 * time ** 3 : 1 - (2 - 2 * time) ** 3 / 2);

/**
 * What is on its way in some boxes.
 */
export function movement() {
  /** How to have each arrive at once. @type {Map<Element, () => void>} */
  const under = new Map();

  /**
   * Put a picture in the place of another, which it comes from.
   * @param {Element} from what is shown
   * @param {Element} to what will be
   * @param {Pace} pace
   */
  function go(from, to, { ms, even }) {
    const picture = /** @type {Element} */ (to.cloneNode(true));
    /** @type {((share: number) => void)[]} */
    const ways = [];
    pair(from, picture, ways);
    if (!ways.length) {
      from.replaceWith(to);
      return;
    }
    /** @param {number} share */
    const at = (share) => {
      for (const way of ways) way(share);
    };
    let frame = 0;
    let start = 0;
    const arrive = () => {
      cancelAnimationFrame(frame);
      under.delete(to);
      picture.replaceWith(to);
    };
    /** @param {number} now */
    const move = (now) => {
      start ||= now;
      const share = (now - start) / ms;
      if (share >= 1) return arrive();
      at(even ? share : eased(share));
      frame = requestAnimationFrame(move);
    };
    at(0);
    from.replaceWith(picture);
    under.set(to, arrive);
    frame = requestAnimationFrame(move);
  }

  return {
    go,
    /** All arrive. */
    finish() {
      for (const arrive of [...under.values()]) arrive();
    },
  };
}
