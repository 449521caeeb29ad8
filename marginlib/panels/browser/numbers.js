// Numbers as controls.py writes them, and as people do.

/** @import { SliderControl } from "./types.d.ts" */

const HOW = "Write decimals with a point and thousands with a comma, such as 1,234.50.";
const THOUSANDS = /^[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?$/;
const DECIMAL_COMMA = /^([-+]?)(\d{1,3}(?:\.\d{3})+|\d{0,12}),(\d{1,12})$/;

/**
 * A number without spaces and thousands' commas, or what is wrong with its commas: as typed.py has it, for a comma that
 * is guessed at makes another number.
 * @param {string} text
 * @returns {{ clean: string, wrong: string }} perhaps it isn't a number
 */
export function pointed(text) {
  const clean = text.replace(/\s/g, "").replaceAll("\u2212", "-");
  if (!/\d/.test(clean) || (!clean.includes(",") && clean.split(".").length < 3)) return { clean, wrong: "" };
  if (THOUSANDS.test(clean)) return { clean: clean.replaceAll(",", ""), wrong: "" };
  const meant = DECIMAL_COMMA.exec(clean);
  if (!meant) return { clean: "", wrong: HOW };
  const [, sign, whole, decimals] = meant;
  return { clean: "", wrong: `${HOW} For ${clean} write ${sign}${whole.replaceAll(".", "") || "0"}.${decimals}.` };
}

/**
 * A number as Python writes it: rounded half to even, no trailing zeros, no minus zero; null if it isn't one.
 * @param {string} text as typed: with or without spaces and thousands' commas
 * @param {number} places how many decimals it may have
 * @returns {string | null}
 */
export function canonical(text, places) {
  const { clean } = pointed(text);
  if (!/^-?(\d+\.?\d*|\.\d+)$/.test(clean)) return null;
  const [whole, decimals = ""] = clean.replace("-", "").split(".");
  const beyond = decimals.slice(places).replace(/0+$/, "");
  let units = BigInt(whole + decimals.slice(0, places).padEnd(places, "0")); // a float would round 2.675 down
  if (beyond > "5" || (beyond === "5" && units % 2n)) units += 1n;
  const digits = String(units).padStart(places + 1, "0");
  const point = digits.length - places;
  const short = `${digits.slice(0, point)}.${digits.slice(point)}`.replace(/\.?0*$/, "");
  return clean.startsWith("-") && units ? `-${short}` : short;
}

/**
 * A canonical number as people read it.
 * @param {string} value
 * @returns {string}
 */
export function readable(value) {
  const [whole, decimals] = value.replace("-", "").split(".");
  const sign = value.startsWith("-") ? "\u2212" : "";
  return sign + whole.replace(/\B(?=(\d{3})+$)/g, ",") + (decimals ? `.${decimals}` : "");
}

/**
 * What a slider makes of a number that is typed: as Python keeps it, or null if it isn't one of its track.
 * @param {SliderControl} control
 * @param {string} text
 * @returns {string | null}
 */
export function read({ least, most, places }, text) {
  const value = canonical(text, places);
  return value !== null && +value >= +least && +value <= +most ? value : null;
}
