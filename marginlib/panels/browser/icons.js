// The few signs that are drawn.

const SVG = "http://www.w3.org/2000/svg";

/** Paths in a square of 24. */
export const SIGNS = {
  play: "M7 4.5v15l12-7.5z",
  pause: "M6.5 5h4v14h-4zM13.5 5h4v14h-4z",
  up: "M12 3.5l4.5 6h-9zM12 20.5l4.5-6h-9z",
  across: "M3.5 12l6 4.5v-9zM20.5 12l-6 4.5v-9z",
};

/**
 * A sign, in the colour of the text around it.
 * @param {keyof typeof SIGNS} name
 */
export function sign(name) {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("class", "mw-sign");
  drawing.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", SIGNS[name]);
  drawing.append(path);
  return drawing;
}
