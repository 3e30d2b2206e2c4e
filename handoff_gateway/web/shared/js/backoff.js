/** How long to wait before connecting again: exponential, capped, with jitter. Pure. */

// Quick enough that a restarted gateway (under 2 s) is hardly noticed.
const BASE_MS = 500;
// A page left open overnight must not hammer, nor keep its owner waiting for minutes.
const CAP_MS = 30_000;

/**
 * Return the delay in milliseconds before attempt number `attempt` (0 = first retry).
 * Half of it is fixed, half random, so that all pages of a site do not come back at once.
 */
export function delayBefore(attempt, random = Math.random) {
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt, 10));
  return Math.round(ceiling / 2 + (ceiling / 2) * random());
}
