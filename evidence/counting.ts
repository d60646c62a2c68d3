import pLimit from "p-limit";
import type { Clock } from "../kube/core/clock.ts";
import type { Log } from "../kube/core/log.ts";
import { ProviderError } from "../providers/provider.ts";
import type { Counting, CountingQuestion } from "../rollout/judge/counting.ts";
import { readCounters } from "./counters.ts";
import type { Namesakes } from "./namesakes.ts";
import type { Prometheus } from "./prometheus.ts";

/** The means to find out how gateways count. */
export interface CountingOptions {
  readonly prometheus: (name?: string) => Pick<Prometheus, "over">;
  readonly namesakes: Pick<Namesakes, "doubts">;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when there is another answer about the Deployments with these UIDs. */
  readonly onRead: (uids: readonly string[]) => void;
}

/** How long (ms) an answer counts, and one that keeps the first weight. */
const ANSWER_MS = 15_000;
const WAITING_MS = 5_000;
/** The most questions at the same time: many rollouts may begin together. */
const AT_ONCE = 4;
/** PromQL has no instants finer than a second that matter here. */
const ANY_STEP_MS = 1_000;

interface Entry {
  readonly rollout: string;
  counting: Counting;
  /** When it was asked last, in ms. */
  askedAt: number;
  asking: boolean;
}

/** Finds out in the background whether gateways count the versions of rollouts apart. */
export class CountingReader {
  readonly #options: CountingOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #limit = pLimit(AT_ONCE);

  constructor(options: CountingOptions) {
    this.#options = options;
  }

  /** What is known. The first call for a rollout asks Prometheus, and so does one after the answer has become old. */
  of(question: CountingQuestion): Counting {
    const { uid, rollout } = question;
    const known = this.#entries.get(uid);
    const entry: Entry =
      known?.rollout === rollout
        ? known
        : { rollout, counting: { kind: "asking" }, askedAt: Number.NEGATIVE_INFINITY, asking: false };
    this.#entries.set(uid, entry);
    const lastsMs = entry.counting.kind === "uncounted" ? WAITING_MS : ANSWER_MS;
    const isOld = this.#options.clock.now() - entry.askedAt >= lastsMs;
    if (isOld && !entry.asking) void this.#ask(question, entry);
    return entry.counting;
  }

  /** Forgets a rollout. */
  forget(uid: string): void {
    this.#entries.delete(uid);
  }

  async #ask(question: CountingQuestion, entry: Entry): Promise<void> {
    entry.asking = true;
    const counting = await this.#limit(() => this.#read(question));
    const isNews = counting.kind !== entry.counting.kind;
    entry.counting = counting;
    entry.askedAt = this.#options.clock.now();
    entry.asking = false;
    if (isNews && this.#entries.get(question.uid) === entry) this.#options.onRead([question.uid]);
  }

  /** Never throws: whatever fails, the canary is judged by what its counters say later. */
  async #read({ uid, namespace, name, sources, prometheus: from }: CountingQuestion): Promise<Counting> {
    const { clock, log, namesakes, prometheus } = this.#options;
    const at = clock.now();
    const grid = { from: at, to: at, stepMs: ANY_STEP_MS };
    try {
      const means = { prometheus: prometheus(from), namesakes };
      let isDivided = false;
      const empty: string[] = [];
      for (const { pack, stable } of sources) {
        const watch = { uid, sources: [{ pack, stable, canary: [] }] };
        const counted = await readCounters(means, [{ watch, bounds: [] }], grid);
        if ((counted.get(uid)?.instants.size ?? 0) > 0) {
          isDivided = true;
          continue;
        }
        const has = async (promql: string) => (await means.prometheus.over(promql, grid)).size > 0;
        const undivided = pack.undivided?.(stable);
        if (undivided !== undefined && (await has(undivided.series)))
          return { kind: "undivided", reason: `${pack.name} ${undivided.reason}` };
        const all = pack.all(stable);
        if (!(await has(all))) empty.push(`no request counter of ${pack.name} (${all} is empty)`);
      }
      if (empty.length === sources.length)
        return { kind: "uncounted", reason: `Prometheus has ${empty.join(", and ")}` };
      return { kind: isDivided ? "divided" : "unknown" };
    } catch (error) {
      // A Prometheus that does not answer is reported with the evidence.
      if (!(error instanceof ProviderError))
        log.error({ namespace, name, uid, err: error }, "how a gateway counts not read");
      return { kind: "unknown" };
    }
  }
}
