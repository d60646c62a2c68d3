import type { Backend } from "../gateways/metrics/backend.ts";
import type { Pack } from "../gateways/metrics/pack.ts";
import type { TemplateCheck } from "../plan/checks.ts";
import type { Subject } from "../plan/metric-template.ts";
import type { Variables } from "../plan/variables.ts";
import type { Criteria } from "./criteria.ts";
import type { Evidence } from "./fold.ts";
import type { PodsOf } from "./restarts.ts";
import type { TemplateTest } from "./template-check.ts";

/** The question that a decision about one rollout asks of the metrics. */
export interface JudgeInput {
  /** The Deployment's UID. */
  readonly uid: string;
  /** The record's `started`: another rollout of the same Deployment begins without evidence. */
  readonly rollout: string;
  /** The record's `judgedSince`: evidence from before counts no more. */
  readonly judgedSince?: string;
  /** When (ms) the canary got its first weight. */
  readonly from: number;
  /** The evidence in the rollout's record. */
  readonly known?: Evidence | undefined;
  /** The backends to count: one entry for each kind of gateway. */
  readonly sources: readonly Counted[];
  /** The provider whose Prometheus has the counters; absent: the controller's own. */
  readonly prometheus?: string;
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

/** The answer of the metrics. */
export interface Findings {
  /** Absent until the first tick has been read. */
  readonly judged?: Evidence;
  /** Why no newer tick could be read, for messages. */
  readonly unread?: string;
  /** A template check's text → its state; absent until the check was read. */
  readonly gates: Readonly<Record<string, TemplateCheckState>>;
}

/** The state of a template check. */
export interface TemplateCheckState extends TemplateTest {
  /** How far (ms) its query looks back. */
  readonly intervalMs: number;
  /** When (ms) it was read last. */
  readonly at: number;
}
