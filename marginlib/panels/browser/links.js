// A state of a panel as a link: the same text as links.py writes, read as it reads it. No page is known here.

import { canonical } from "./numbers.js";

/** @import { About, Control, SliderControl, Values } from "./types.d.ts" */

const VERSION = "v1";
const MOST = 4000; // characters
const EXAMPLE = "#v1/LossCascade?move=-20";
const SHOWN = 40; // characters of what is wrong
const AROUND =
  /^[\t-\r \u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f\u2060\u3000\ufeff<]+|[\t-\r \u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f\u2060\u3000\ufeff>]+$/g;
const WRAPPED = /[ \t]*[\r\n]+[ \t]*/g; // as mail does with long lines
const LINK = /^(v[0-9]+)\/([^?]*)(?:\?(.*))?$/s;

/** @typedef {{ panel: string, values: Values }} Link the panel's class by name, and the texts of some values */
/** @typedef {{ wrong: string }} Wrong what is wrong with it, and what would work; without a full stop */

/**
 * The link to a panel with these values.
 * @param {Pick<About, "name" | "controls">} about
 * @param {Values} values
 * @param {string} [address] the page's, whatever else its `#` leads to; a notebook's has none that others could open
 * @returns {string}
 */
export function linkTo({ name, controls }, values, address = "") {
  const said = controls.map((control) => `${control.name}=${encoded(values[control.name])}`).join("&");
  return `${address.split("#")[0]}#${VERSION}/${name}?${said}`;
}

/**
 * Whether the part of an address after `#` means to be a link to a panel, and not a place in the page.
 * @param {string} hash
 * @returns {boolean}
 */
export const isLink = (hash) => /^#?v[0-9]+(\/|%2f)/i.test(hash);

/**
 * What a link says: a whole address, or what comes after its `#`. Names and values are not checked yet.
 * @param {string} text
 * @returns {Link | Wrong}
 */
export function parseLink(text) {
  try {
    return parsed(text);
  } catch (error) {
    if (error instanceof Unreadable) return { wrong: error.message };
    throw error;
  }
}

/**
 * The values of a panel's link, as its controls keep them; what it leaves out stands at its start.
 * @param {Link} link
 * @param {Pick<About, "controls" | "start">} about the panel's own
 * @returns {{ values: Values } | Wrong}
 */
export function checkLink(link, { controls, start }) {
  const known = new Map(controls.map((control) => [control.name, control]));
  const values = { ...start };
  for (const [name, text] of Object.entries(link.values)) {
    const control = known.get(name);
    if (!control) return { wrong: `${harmless(name)}: no such control; known here: ${[...known.keys()].join(", ")}` };
    const value = kept(control, text);
    if (value === null) return { wrong: `${name}: ${wanted(control)}, got ${shown(text)}` };
    values[name] = value;
  }
  return { values };
}

/**
 * The sentence for a link to a panel that isn't here.
 * @param {string} panel the link's
 * @param {string[]} here the names of those that are
 * @param {string} [where] the lesson that has it, where that is known
 * @returns {string}
 */
export function otherPanel(panel, here, where = "") {
  const names = here.length ? here.join(", ") : "none";
  return `the link is for the panel ${panel}${where && ` (${where})`}, and here is ${names}`;
}

class Unreadable extends Error {}

/**
 * @param {string} text
 * @returns {Link}
 */
function parsed(text) {
  const count = [...text].length;
  if (count > MOST)
    throw new Unreadable(`the link has ${count} characters; expected at most ${MOST}, as Copy link gives it`);
  let whole = text.replace(AROUND, "").replace(WRAPPED, "").replaceAll("&amp;", "&");
  if (!whole) throw new Unreadable(`there is no link; expected one as Copy link gives it, such as ${EXAMPLE}`);
  if (!whole.includes("#") && whole.includes("%23") && !LINK.test(whole)) whole = decoded(whole);
  let said = whole.slice(whole.lastIndexOf("#") + 1);
  if (!said.includes("=") && /%3d/i.test(said)) said = decoded(said);
  const parts = LINK.exec(said);
  if (!parts) throw new Unreadable(noLink(whole, said));
  const [, version, panel, rest = ""] = parts;
  if (version !== VERSION)
    throw new Unreadable(
      `the link is of version ${shown(version)}, and ${VERSION} is what is known here; ` +
        "open it with the workbook that it comes from, or copy it again",
    );
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(panel))
    throw new Unreadable(`${shown(panel)} is no panel's name; expected a link such as ${EXAMPLE}`);
  /** @type {Map<string, string>} */
  const values = new Map();
  for (const item of rest.split("&").filter(Boolean)) {
    const at = item.indexOf("=");
    if (at < 1) throw new Unreadable(`${shown(item)} is no control with its value; expected some such as move=-20`);
    const name = decoded(item.slice(0, at));
    if (values.has(name)) throw new Unreadable(`${harmless(name)} is given twice; expected each control once`);
    values.set(name, decoded(item.slice(at + 1)));
  }
  return { panel, values: Object.fromEntries(values) };
}

/**
 * What a control makes of a value's text; null if it refuses it.
 * @param {Control} control
 * @param {string} text
 * @returns {string | null}
 */
function kept(control, text) {
  switch (control.kind) {
    case "slider":
      if (control.removable && text === "") return "";
      return inRange(control, text) ? canonical(text, control.places) : null;
    case "choice":
      return control.options.includes(text) ? text : null;
    case "switch":
      return text === "true" || text === "false" ? text : null;
    case "walk":
      return control.steps.some((_, i) => String(i + 1) === text) ? text : null;
  }
}

/**
 * Whether it is a number of a slider's track: exactly, for a float or a rounded one may seem to be.
 * @param {SliderControl} control
 * @param {string} text
 */
function inRange({ least, most }, text) {
  if (!/^-?([0-9]+\.?[0-9]*|\.[0-9]+)$/.test(text)) return false;
  const places = Math.max(...[least, most, text].map((each) => (each.split(".")[1] ?? "").length));
  const value = units(text, places);
  return units(least, places) <= value && value <= units(most, places);
}

/**
 * A number in units of the last of so many decimals.
 * @param {string} number
 * @param {number} places
 */
function units(number, places) {
  const [whole, decimals = ""] = number.replace("-", "").split(".");
  const size = BigInt(whole + decimals.padEnd(places, "0"));
  return number.startsWith("-") ? -size : size;
}

/**
 * @param {Control} control
 * @returns {string}
 */
function wanted(control) {
  switch (control.kind) {
    case "slider":
      return `expected a number from ${control.least} to ${control.most}`;
    case "choice":
      return `expected one of ${control.options.join(", ")}`;
    case "switch":
      return "expected true or false";
    case "walk":
      return `expected a step from 1 to ${control.steps.length}`;
  }
}

/**
 * Encoded as Python does it.
 * @param {string} text
 */
const encoded = (text) =>
  encodeURIComponent(text)
    .replaceAll("%2F", "/")
    .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Unreadable(`${shown(text)} can't be read; a % begins a code such as %20, and is itself written %25`);
  }
}

/** @param {string} text */
function harmless(text) {
  const plain = text.replace(/[^ -~]/gu, "?");
  return plain.length <= SHOWN ? plain : `${plain.slice(0, SHOWN)}...`;
}

/** @param {string} text */
const shown = (text) => `'${harmless(text)}'`;

/**
 * @param {string} whole
 * @param {string} said
 */
function noLink(whole, said) {
  if (!whole.includes("#") && (whole.includes("/") || whole.endsWith(".html")))
    return `${shown(whole)} has nothing after a #, where a panel's state stands; expected such as ${EXAMPLE}`;
  return `${shown(said)} leads to no panel; expected a link as Copy link gives it, such as ${EXAMPLE}`;
}
