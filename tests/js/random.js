// Random numbers that are the same in every run.

/**
 * Numbers from 0 to 1, by mulberry32.
 * @param {number} seed
 */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Points from -2 to 2, more of them in the middle.
 * @param {number} n
 * @param {() => number} next
 */
export function points(n, next) {
  const place = () => next() + next() + next() + next() - 2;
  return { x: Float32Array.from({ length: n }, place), y: Float32Array.from({ length: n }, place) };
}
