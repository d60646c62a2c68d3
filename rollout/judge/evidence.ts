import type { Backend } from "../gateways/metrics/backend.ts";
import type { Pack } from "../gateways/metrics/pack.ts";
import type { TemplateCheck } from "../plan/checks.ts";
import type { Subject } from "../plan/metric-template.ts";
import type { Variables } from "../plan/variables.ts";
import type { Criteria } from "./criteria.ts";
import type { Evidence } from "./fold.ts";
import type { PodsOf } from "./restarts.ts";
import type { TemplateTest } from "./template-check.ts";

/** What a decision about one rollout wants to know of the metrics. */
export interface JudgeInput {
  /** The Deployment's UID. */
  readonly uid: string;
  /** Its `started`: another rollout of the same Deployment begins anew. */
  readonly rollout: string;
  /** When (ms) the canary had its first weight. */
  readonly from: number;
  /** What the rollout's record already knows. */
  readonly known?: Evidence;
  /** Who counts: one entry for each kind of gateway. */
  readonly sources: readonly Counted[];
  readonly terms: Criteria;
  readonly pods: PodsOf;
  readonly templates: readonly TemplateCheck[];
  readonly subject: Subject;
  readonly variables: Variables;
}

/** The backends of both versions, as one kind of metrics names them. */
export interface Counted {
  readonly pack: Pack;
  readonly canary: readonly Backend[];
  readonly stable: readonly Backend[];
}

/** What the metrics say. */
export interface Findings {
  /** Absent until the first tick has been read. */
  readonly judged?: Evidence;
  /** Why nothing newer could be read, as a sentence for people. */
  readonly unread?: string;
  /** A template check's text → what became of it; absent until it has been read. */
  readonly gates: Readonly<Record<string, TemplateCheckState>>;
}

/** A gate, and how long (ms) its query looks back. */
export interface TemplateCheckState extends TemplateTest {
  readonly intervalMs: number;
  /** When (ms) it was read last. */
  readonly at: number;
}
