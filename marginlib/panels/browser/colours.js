// The roles of colours.py, put into a figure.

/** @import { Ground, Roles } from "./types.d.ts" */

const WITHIN = /(?<=color:)role:(\w+)/g; // inside a text: the swatch before a label

/**
 * Replace the roles in a figure spec by the colours of a ground.
 * @param {any} spec
 * @param {Roles} colours
 * @param {Ground} ground
 * @returns {any}
 */
export function paint(spec, colours, ground) {
  if (typeof spec === "string") {
    if (spec.startsWith("role:")) return colours[spec.slice(5)][ground];
    return spec.includes("role:") ? spec.replace(WITHIN, (_, role) => colours[role][ground]) : spec;
  }
  if (Array.isArray(spec)) return typeof spec[0] === "number" ? spec : spec.map((item) => paint(item, colours, ground));
  if (spec === null || typeof spec !== "object") return spec;
  return Object.fromEntries(Object.entries(spec).map(([name, item]) => [name, paint(item, colours, ground)]));
}
