import type { Clock } from "../../kube/core/clock.ts";
import type { Log } from "../../kube/core/log.ts";
import { NO_NOTIFICATIONS, type NotifyConfiguration } from "../../rollout/notify/configuration.ts";

/** The means to keep the configuration up to date. */
export interface CurrentOptions {
  readonly read: () => Promise<NotifyConfiguration>;
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
  /** Called when the configuration is another one. */
  readonly onChange: () => void;
}

/** How long (ms) what was read counts, and how long after a failure. */
const FOR_MS = 60_000;
/** The same without any receiver: most clusters have none, and should pay for no more. */
const NONE_FOR_MS = 300_000;
const FAILURE_MS = 10_000;

/**
 * The administrator's configuration, read at most once a minute and only while rollouts are in flight. If it cannot be read, the
 * last one counts.
 */
export class CurrentNotifications {
  readonly #options: CurrentOptions;
  #known = NO_NOTIFICATIONS;
  #text = "";
  #until = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(options: CurrentOptions) {
    this.#options = options;
  }

  /** What is known now; an outdated configuration is read again in the background. */
  get(): NotifyConfiguration {
    if (this.#options.clock.now() >= this.#until) void this.refresh();
    return this.#known;
  }

  /** Reads it. Never throws. */
  refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    const { read, clock, log, onChange } = this.#options;
    try {
      const found = await read();
      this.#until = clock.now() + (found.receivers.length === 0 ? NONE_FOR_MS : FOR_MS);
      const text = JSON.stringify(found);
      if (text === this.#text) return;
      const isFirst = this.#text === "";
      this.#known = found;
      this.#text = text;
      const { complaints, receivers } = found;
      if (complaints.length > 0) log.warn({ complaints }, "notifications not valid");
      else if (!isFirst || receivers.length > 0)
        log.info({ receivers: receivers.map(({ name }) => name) }, "notifications");
      if (!isFirst) onChange();
    } catch (err) {
      this.#until = clock.now() + FAILURE_MS;
      log.warn({ err }, "read notifications failed");
    }
  }
}
