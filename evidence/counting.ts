import pLimit from "p-limit";
import type { Clock } from "../kube/core/clock.ts";
import type { Log } from "../kube/core/log.ts";
import { ProviderError } from "../providers/provider.ts";
import type { Counting, CountingQuestion } from "../rollout/judge/counting.ts";
import { equal } from "../rollout/text/equal.ts";
import { readCounters } from "./counters.ts";
import type { Namesakes } from "./namesakes.ts";
import type { Grid, Prometheus } from "./prometheus.ts";

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
type Source = CountingQuestion["sources"][number];

interface Entry {
  readonly rollout: string;
  readonly attached: boolean;
  counting: Counting;
  /** When it was asked last, in ms. */
  askedAt: number;
  asking: boolean;
}

/** Finds out in the background whether gateways count the versions of rollouts apart. */
export class CountingReader {
  readonly #options: CountingOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #existing = new Map<string, { readonly at: number; readonly answer: Promise<boolean> }>();
  readonly #limit = pLimit(AT_ONCE);

  constructor(options: CountingOptions) {
    this.#options = options;
  }

  /**
   * What is known. The first call for a rollout asks Prometheus, and so does the first one with the canary Service in its routes,
   * and one after the answer has become old.
   */
  of(question: CountingQuestion): Counting {
    const { uid, rollout, attached } = question;
    const last = this.#entries.get(uid);
    const known = last?.rollout === rollout ? last : undefined;
    const entry: Entry =
      known?.attached === attached
        ? known
        : { rollout, attached, counting: begun(known), askedAt: Number.NEGATIVE_INFINITY, asking: false };
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
    const isNews = !equal(counting, entry.counting);
    entry.counting = counting;
    entry.askedAt = this.#options.clock.now();
    entry.asking = false;
    if (isNews && this.#entries.get(question.uid) === entry) this.#options.onRead([question.uid]);
  }

  /** Never throws: whatever fails, the canary is judged by what its counters say later. */
  async #read(question: CountingQuestion): Promise<Counting> {
    try {
      const answers: Counting[] = [];
      for (const source of question.sources) answers.push(await this.#readSource(question, source));
      const uncounted = answers.flatMap((one) => (one.kind === "uncounted" ? [one.reason] : []));
      if (uncounted.length === answers.length) return { kind: "uncounted", reason: uncounted.join("; ") };
      const undivided = answers.find((one) => one.kind === "undivided");
      if (undivided !== undefined) return undivided;
      return {
        kind: answers.some((one) => one.kind === "divided") ? "divided" : "unknown",
        ...(uncounted.length > 0 && { uncounted: uncounted.join("; ") }),
      };
    } catch (error) {
      const { uid, namespace, name } = question;
      // A Prometheus that does not answer is reported with the evidence, and opens no way that its last answer kept.
      if (!(error instanceof ProviderError))
        this.#options.log.error({ namespace, name, uid, err: error }, "how a gateway counts not read");
      const last = this.#entries.get(uid)?.counting;
      return last?.kind === "uncounted" ? last : { kind: "unknown" };
    }
  }

  async #readSource(
    { uid, prometheus: name }: CountingQuestion,
    { pack, stable }: Source,
  ): Promise<Counting> {
    const { clock, namesakes, prometheus } = this.#options;
    const all = pack.all(stable);
    if (!(await this.#hasAny(all, name))) {
      // Envoy has no counter of calls before the first one since its start, although it counts requests.
      const what = stable.every(({ routeKind }) => routeKind === "GRPCRoute") ? "gRPC call" : "request";
      return {
        kind: "uncounted",
        reason: `Prometheus has no ${what} counter of ${pack.name} (${all} is empty)`,
      };
    }
    if (pack.undivided === undefined) return { kind: "divided" };
    const from = { prometheus: prometheus(name), namesakes };
    const grid = instantOf(clock.now());
    const watch = { uid, sources: [{ pack, stable, canary: [] }] };
    const own = (await readCounters(from, [{ watch, bounds: [] }], grid)).get(uid);
    if ((own?.instants.size ?? 0) > 0) return { kind: "divided" };
    const undivided = pack.undivided(stable);
    const together = undivided && (await from.prometheus.over(undivided.series, grid));
    if (undivided === undefined || together?.size === 0) return { kind: "unknown" };
    return { kind: "undivided", reason: `${pack.name} ${undivided.reason}` };
  }

  /** Whether Prometheus has any series of an expression. Many rollouts that begin together ask once. */
  #hasAny(promql: string, name: string | undefined): Promise<boolean> {
    const { clock, prometheus } = this.#options;
    const [at, key] = [clock.now(), `${name ?? ""} ${promql}`];
    const known = this.#existing.get(key);
    if (known !== undefined && at - known.at < WAITING_MS) return known.answer;
    const read = prometheus(name).over(promql, instantOf(at));
    const answer = read.then(({ size }) => size > 0);
    this.#existing.set(key, { at, answer });
    // The next question asks again.
    answer.catch(() => this.#existing.delete(key));
    return answer;
  }
}

/** Until the answer comes, a first weight that waited for counters goes on waiting. */
function begun(known: Entry | undefined): Counting {
  return known?.counting.kind === "uncounted" ? known.counting : { kind: "asking" };
}

/** PromQL has no instants finer than a second that matter here. */
function instantOf(at: number): Grid {
  return { from: at, to: at, stepMs: 1_000 };
}
