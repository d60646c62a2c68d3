import type { Kube } from "../../kube/client/api.ts";
import type { Clock } from "../../kube/core/clock.ts";
import type { Log } from "../../kube/core/log.ts";
import { perform } from "../../kube/runtime/apply.ts";
import { readNotifications } from "../../notices/read-notifications.ts";
import type { NoticeSeries } from "../telemetry/notice-series.ts";
import { CurrentNotifications } from "./current-notifications.ts";
import { Notifier } from "./notifier.ts";
import { PostOffice } from "./post-office.ts";

/** The means to tell people of the rollouts that this controller leads. */
export interface NoticesOptions {
  readonly kube: Kube;
  /** Serin's own namespace. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly series: NoticeSeries;
  /** Looks at the rollout of the Deployment with this UID again. */
  readonly look: (uid: string) => void;
  /** Looks at all rollouts again. */
  readonly lookAtAll: () => void;
}

/** The notifier, and the first read of its configuration, which never fails. */
export function openNotices(options: NoticesOptions): { notifier: Notifier; ready: () => Promise<void> } {
  const { kube, namespace, clock, log, signal, series, look, lookAtAll } = options;
  const current = new CurrentNotifications({
    read: () => readNotifications({ kube, namespace }),
    clock,
    log,
    onChange: lookAtAll,
  });
  const configuration = () => current.get();
  const office = new PostOffice({
    configuration,
    clock,
    log,
    signal,
    onTry: (...what) => series.tried(...what),
    onGivenUp(event) {
      const sign = { fieldManager: "serin", component: "serin", now: clock.now() };
      perform(kube, event, sign).catch((err: unknown) => {
        if (!signal.aborted) log.warn({ reason: "NotifyFailed", err }, "record event failed");
      });
    },
  });
  const notifier = new Notifier({
    configuration,
    post: (...what) => office.post(...what),
    clock,
    onTold: look,
  });
  return { notifier, ready: () => current.refresh() };
}
