// A span of time that is looked at: it moves and zooms within the whole, and names round moments along its axis.

const SECOND = 1000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const LEAST = 10 * SECOND; // ms: no shorter span is shown
const DAYS = [1, 2, 5, 10]; // of a month, for steps of days
const STEPS = [
  ...[1, 5, 15, 30].map((count) => count * SECOND),
  ...[1, 5, 15, 30].map((count) => count * 60 * SECOND),
  ...[1, 4, 12].map((count) => count * HOUR),
  ...DAYS.map((count) => count * DAY),
];
const MONTHS = [1, 3, 6, 12, 24, 60, 120];

/** @typedef {[from: number, to: number]} Span in ms since 1970 */

/**
 * A span put within the whole: as long as it is, if there is room.
 * @param {Span} span
 * @param {Span} whole
 * @returns {Span}
 */
export function within([from, to], [first, last]) {
  const long = Math.min(Math.max(to - from, LEAST), last - first);
  const start = Math.min(Math.max(from, first), last - long);
  return [start, start + long];
}

/**
 * Closer, or from farther away, about a moment that stays where it is.
 * @param {Span} span
 * @param {number} by 2 shows half as long
 * @param {number} [about]
 * @returns {Span}
 */
export function zoomed([from, to], by, about = (from + to) / 2) {
  const factor = Math.min(by, (to - from) / LEAST);
  return [about - (about - from) / factor, about + (to - about) / factor];
}

/**
 * Along by a share of its length.
 * @param {Span} span
 * @param {number} share
 * @returns {Span}
 */
export const shifted = ([from, to], share) => [from + share * (to - from), to + share * (to - from)];

/**
 * @param {number} ms
 * @param {Intl.DateTimeFormatOptions} how
 */
const dated = (ms, how) => new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...how }).format(ms);

/**
 * Round moments along a span, and how each is written: at most so many. All times are UTC, as in the file.
 * @param {Span} span
 * @param {number} most
 * @returns {[at: number, text: string][]}
 */
export function moments([from, to], most) {
  const step = STEPS.find((each) => (to - from) / each <= most);
  if (step && step < DAY) {
    const first = Math.ceil(from / step) * step;
    const count = Math.floor((to - first) / step) + 1;
    const all = Array.from({ length: Math.max(0, count) }, (_, i) => first + i * step);
    const seconds = step < 60 * SECOND ? /** @type {const} */ ({ second: "2-digit" }) : {};
    return all.map((at, i) => {
      const time = dated(at, { hour: "2-digit", minute: "2-digit", ...seconds });
      return [at, i === 0 || at % DAY === 0 ? `${time}<br>${dated(at, { day: "numeric", month: "short" })}` : time];
    });
  }
  const dates = step ? days(from, to, step / DAY) : months(from, to, most);
  let year = 0;
  return dates.map((at) => {
    const date = new Date(at);
    const text = dated(at, step ? { day: "numeric", month: "short" } : { month: "short" });
    const first = date.getUTCFullYear() !== year;
    year = date.getUTCFullYear();
    return [at, first ? `${text}<br>${year}` : text];
  });
}

/**
 * Days of each month from its first on: 1, 11, 21 and not 31.
 * @param {number} from
 * @param {number} to
 * @param {number} step in days
 */
function days(from, to, step) {
  const found = [];
  for (let at = Math.ceil(from / DAY) * DAY; at <= to; at += DAY) {
    const day = new Date(at).getUTCDate() - 1;
    if (day % step === 0 && (step === 1 || day < 30)) found.push(at);
  }
  return found;
}

/**
 * @param {number} from
 * @param {number} to
 * @param {number} most
 */
function months(from, to, most) {
  const begin = new Date(from).getUTCFullYear() * 12;
  const end = new Date(to).getUTCFullYear() * 12 + 12;
  for (const step of MONTHS) {
    const all = [];
    for (let at = begin; at <= end; at += step) {
      const ms = Date.UTC(Math.floor(at / 12), at % 12, 1);
      if (ms >= from && ms <= to) all.push(ms);
    }
    if (all.length <= most || step === MONTHS.at(-1)) return all;
  }
  return [];
}

/**
 * A span in words.
 * @param {Span} span
 */
export function inWords([from, to]) {
  const day = /** @type {const} */ ({ day: "numeric", month: "short", year: "numeric" });
  if (to - from > 3 * DAY) return `${dated(from, day)} to ${dated(to, day)}`;
  const moment = /** @type {const} */ ({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  return `${dated(from, moment)} to ${dated(to, moment)}`;
}
