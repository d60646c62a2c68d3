import type { Notice } from "../../rollout/notice/notice.ts";

/** How busy one receiver is. Times in ms since the epoch. */
export interface Pace {
  readonly now: number;
  /** When it was asked last, the newest last. */
  readonly sentAt: readonly number[];
  /** How many notices wait, and since when the first one does. */
  readonly waiting: number;
  readonly oldest: number;
}

/** Chats take about one message a second. */
const SPACE_MS = 1_000;
/** More notices than this in a minute become digests. */
const MOST_IN_A_MINUTE = 10;
/** How long (ms) notices are gathered for a digest. */
const GATHER_MS = 20_000;

/** Whether what waits becomes one message: there is much of it, or it has waited for long anyway. */
export function isBusyHour(pace: Pace): boolean {
  return pace.waiting > MOST_IN_A_MINUTE || isSpent(pace) || pace.now - pace.oldest >= GATHER_MS;
}

/** How long (ms) to wait before the next message: a second after the last one, or until a digest has been gathered. */
export function pauseBefore(pace: Pace): number {
  const spaced = (pace.sentAt.at(-1) ?? Number.NEGATIVE_INFINITY) + SPACE_MS - pace.now;
  const gathered = isSpent(pace) ? pace.oldest + GATHER_MS - pace.now : 0;
  return Math.max(0, spaced, gathered);
}

/** Which of the notices to drop: the oldest of the least severity. */
export function mostOutdated(notices: readonly Notice[]): number {
  for (const severity of ["info", "warning", "error"] as const) {
    const index = notices.findIndex((notice) => notice.severity === severity);
    if (index >= 0) return index;
  }
  return 0;
}

function isSpent({ now, sentAt }: Pace): boolean {
  return sentAt.filter((at) => at > now - 60_000).length >= MOST_IN_A_MINUTE;
}
