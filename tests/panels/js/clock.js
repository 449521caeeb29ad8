// A clock that stands until it is moved, and the timers that wait on it.

let now = 0;
let count = 0;
/** @type {Map<number, { at: number, work: () => void }>} */
const timers = new Map();

export const clock = {
  /**
   * @param {() => void} work
   * @param {number} ms
   */
  setTimeout(work, ms) {
    count += 1;
    timers.set(count, { at: now + ms, work });
    return count;
  },
  /** @param {number} timer */
  clearTimeout(timer) {
    timers.delete(timer);
  },
};

/**
 * Time passes: what is due is done, in order.
 * @param {number} ms
 */
export function elapse(ms) {
  const end = now + ms;
  for (;;) {
    const [first] = [...timers].filter(([, { at }]) => at <= end).sort(([, one], [, other]) => one.at - other.at);
    if (!first) break;
    const [timer, { at, work }] = first;
    now = at;
    timers.delete(timer);
    work();
  }
  now = end;
}

/** Forget what waits; returns how many there were. */
export function forget() {
  const left = timers.size;
  timers.clear();
  return left;
}

/** How many wait. */
export const waiting = () => timers.size;
