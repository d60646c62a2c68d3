import type { Express } from "express";
import pLimit from "p-limit";
import type { Prometheus } from "../evidence/prometheus.ts";
import type { Kube } from "../kube/client/api.ts";
import type { Clock } from "../kube/core/clock.ts";
import type { Log } from "../kube/core/log.ts";
import { memoize } from "../providers/memo.ts";
import { accessBy } from "./access.ts";
import { type AppOptions, dashboardApp } from "./app.ts";
import { PAGE_FOLDER, readAssets } from "./assets.ts";
import { Board } from "./board.ts";
import { chartReader } from "./chart-reader.ts";
import { Copies } from "./copies.ts";
import { readDetail } from "./detail.ts";
import { identifiedBy, type ReadersOptions } from "./readers.ts";
import { RolloutStreams } from "./streams.ts";

/** Each page of a rollout costs the API server three lists: many readers of one page cost no more than one. */
const DETAILS = { forMs: 1_000, failureForMs: 0, most: 100 };
const DETAILS_AT_ONCE = 8;

/** What the dashboard reads from, and who may see it. */
export interface DashboardOptions
  extends Pick<AppOptions, "cluster" | "frameAncestors" | "hosts" | "onAnswer"> {
  readonly kube: Kube;
  /** Absent: there are no curves. */
  readonly prometheus: Prometheus | undefined;
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  /** Kinds that the user may not list (unreadableKinds). */
  readonly unreadable?: ReadonlySet<string> | undefined;
  readonly readers: ReadersOptions;
  /** The folder with the page; by default the one beside this program. */
  readonly page?: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** A dashboard that follows the cluster. */
export interface Dashboard {
  readonly app: Express;
  /** Resolves when it has read all objects. Rejects if the signal aborts first. */
  readonly synced: Promise<void>;
  /** How many streams are open. */
  readonly streams: () => number;
}

/** Follows the cluster until the signal aborts. Throws if the flags do not fit together, or the page is missing. */
export function openDashboard(options: DashboardOptions): Dashboard {
  const { kube, prometheus, namespace, unreadable, readers, clock, log, signal } = options;
  const { cluster, frameAncestors, hosts, onAnswer, page = PAGE_FOLDER } = options;
  const identify = identifiedBy(readers);
  const assets = readAssets(page);
  const onChange = (key: string) => board.note(key);
  const copies = new Copies({ kube, clock, log, signal, namespace, unreadable, onChange });
  const board = new Board(copies, clock);
  const mayRead = accessBy({ kube, clock });
  const streams = new RolloutStreams({ board, mayRead, cluster, clock, log, signal });
  const limit = pLimit(DETAILS_AT_ONCE);
  const app = dashboardApp({
    ...{ board, streams, identify, mayRead, assets, clock, log, cluster, frameAncestors },
    ...(hosts && { hosts }),
    ...(onAnswer && { onAnswer }),
    ended: () => copies.ended.list(),
    detail: memoize({ clock, ...DETAILS }, (key) => limit(() => readDetail({ kube, copies, clock }, key))),
    charts: chartReader({ kube, copies, prometheus, clock }),
  });
  return { app, synced: copies.synced(), streams: () => streams.size };
}
