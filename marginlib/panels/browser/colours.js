// The roles of colours.py, put into a figure.

/** @import { Ground, Roles } from "./types.d.ts" */

/**
 * Replace the roles in a figure spec by the colours of a ground.
 * @param {any} spec
 * @param {Roles} colours
 * @param {Ground} ground
 * @returns {any}
 */
export function paint(spec, colours, ground) {
  if (typeof spec === "string") return spec.startsWith("role:") ? colours[spec.slice(5)][ground] : spec;
  if (Array.isArray(spec)) return typeof spec[0] === "number" ? spec : spec.map((item) => paint(item, colours, ground));
  if (spec === null || typeof spec !== "object") return spec;
  return Object.fromEntries(Object.entries(spec).map(([name, item]) => [name, paint(item, colours, ground)]));
}
