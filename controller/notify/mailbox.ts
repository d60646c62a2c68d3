import type { Clock } from "../../kube/core/clock.ts";
import type { Receipt } from "../../notices/send.ts";
import type { OutgoingRequest } from "../../rollout/notice/channel.ts";
import type { Notice } from "../../rollout/notice/notice.ts";
import { canDigest, outgoingOf } from "../../rollout/notify/outgoing.ts";
import type { Receiver } from "../../rollout/notify/receivers.ts";
import { isBusyHour, mostOutdated, pauseBefore } from "./pace.ts";

/** How a notice ended: `dropped` means that it was never tried, because too many waited. */
export type NoticeEnd = "sent" | "given-up" | "dropped";

/** A notice on its way to one receiver. */
interface Parcel {
  readonly notice: Notice;
  /** When it came (ms). */
  readonly since: number;
  readonly onEnd: (end: NoticeEnd, reason?: string) => void;
}

/** The means of a mailbox. */
export interface MailboxOptions {
  /** The receiver as it is configured now; `undefined`: it is not any more. */
  readonly receiver: () => Receiver | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Makes one request. Throws only the signal's reason. */
  readonly send: (outgoing: OutgoingRequest) => Promise<Receipt>;
  /** Called after each try, with the time (ms) that it took. */
  readonly onTry: (result: "sent" | "retried" | "given_up", tookMs: number, notices: number) => void;
  /** Called when the work fails in a way that nobody expects. */
  readonly onFailure: (error: unknown) => void;
}

/** The most notices that wait for one receiver. */
const MOST_WAITING = 500;
/** The pauses (ms) after the first failure in a row, the second and so on; the last one lasts. */
const PAUSES = [2_000, 8_000, 30_000, 120_000, 300_000] as const;
/** A notice that is older (ms) when a try fails is given up: as old as the pauses are long together. */
const OLDEST_MS = PAUSES.reduce<number>((sum, ms) => sum + ms, 0);
/** The longest pause (ms) that a receiver may ask for. */
const LONGEST_PAUSE_MS = 300_000;

/**
 * The notices to one receiver, one request after the other, so that neither a slow receiver nor a dead one delays another.
 * Nothing of a rollout waits for it, but for the last tidying.
 */
export class Mailbox {
  readonly #options: MailboxOptions;
  readonly #waiting: Parcel[] = [];
  readonly #sentAt: number[] = [];
  #failures = 0;
  #until = 0;
  #isWorking = false;

  constructor(options: MailboxOptions) {
    this.#options = options;
  }

  /** Sends it when its turn comes. Beyond the bound, the oldest of what matters least is dropped. */
  put(notice: Notice, onEnd: Parcel["onEnd"]): void {
    this.#waiting.push({ notice, since: this.#options.clock.now(), onEnd });
    if (this.#waiting.length > MOST_WAITING) {
      const index = mostOutdated(this.#waiting.map((parcel) => parcel.notice));
      const [dropped] = this.#waiting.splice(index, 1);
      this.#options.onTry("given_up", 0, 1);
      dropped?.onEnd("dropped");
    }
    if (this.#isWorking) return;
    this.#isWorking = true;
    void this.#work().catch((error: unknown) => {
      this.#isWorking = false;
      if (!this.#options.signal.aborted) this.#options.onFailure(error);
    });
  }

  async #work(): Promise<void> {
    const { clock, signal, receiver } = this.#options;
    for (let [first] = this.#waiting; first !== undefined; [first] = this.#waiting) {
      signal.throwIfAborted();
      const present = receiver();
      if (present === undefined) {
        for (const parcel of this.#waiting.splice(0))
          parcel.onEnd("given-up", "the receiver is not configured any more");
        break;
      }
      const chat = canDigest(present);
      const pace = {
        now: clock.now(),
        sentAt: this.#sentAt,
        waiting: this.#waiting.length,
        oldest: first.since,
      };
      const waitMs = Math.max(this.#until - clock.now(), chat ? pauseBefore(pace) : 0);
      if (waitMs > 0) {
        await clock.sleep(waitMs, signal);
        continue;
      }
      await this.#try(present, chat && isBusyHour(pace) ? this.#waiting.length : 1);
    }
    this.#isWorking = false;
  }

  async #try(receiver: Receiver, count: number): Promise<void> {
    const { clock, send, onTry } = this.#options;
    const batch = this.#waiting.splice(0, count);
    const [first, ...others] = batch.map(({ notice }) => notice);
    if (first === undefined) return;
    const began = clock.now();
    const receipt = await send(outgoingOf(receiver, [first, ...others]));
    const tookMs = clock.now() - began;
    this.#note(began, receipt);
    if (receipt.kind === "taken") {
      onTry("sent", tookMs, batch.length);
      for (const parcel of batch) parcel.onEnd("sent");
      return;
    }
    const isLast = ({ since }: Parcel) => receipt.kind === "refused" || clock.now() - since >= OLDEST_MS;
    const ended = batch.filter(isLast);
    this.#waiting.unshift(...batch.filter((parcel) => !isLast(parcel)));
    if (ended.length > 0) onTry("given_up", tookMs, ended.length);
    if (ended.length < batch.length) onTry("retried", tookMs, batch.length - ended.length);
    for (const parcel of ended) parcel.onEnd("given-up", receipt.reason);
  }

  /** A refusal is about one request; a receiver that is busy or silent gets a pause. */
  #note(began: number, receipt: Receipt): void {
    this.#sentAt.push(began);
    if (this.#sentAt.length > 20) this.#sentAt.shift();
    if (receipt.kind !== "busy") {
      this.#failures = 0;
      return;
    }
    const pause = PAUSES[Math.min(this.#failures, PAUSES.length - 1)] ?? 0;
    this.#failures += 1;
    const asked = Math.min(receipt.retryAfterMs ?? 0, LONGEST_PAUSE_MS);
    this.#until = this.#options.clock.now() + Math.max(pause, asked);
  }
}
