import { describeAnswer, type HookCall, type HookPhase } from "../hooks/call.ts";
import type { Hook, HookType } from "../plan/hooks.ts";
import { instant } from "../text/instant.ts";
import type { Decision } from "./decision.ts";
import { ASK_MS, answerTo, callTo, dueIn, hookKeyOf, hooksOf } from "./hook-calls.ts";
import { isDone, recordDone, rewrite } from "./hook-record.ts";
import { rollBack } from "./rollback.ts";
import { isRouted, type Snapshot, stepIndex, stepOf } from "./snapshot.ts";
import { waitingFor } from "./wait.ts";

/** How long a yes counts, in ms: a gate that has closed since then is noticed within this time. */
const FRESH_MS = 3 * ASK_MS;

/** Whether each hook that comes before any traffic has said yes once. */
export function mayServe(snapshot: Snapshot): boolean {
  return (["confirm-rollout", "pre-rollout"] as const).every((type) => pending(snapshot, type).length === 0);
}

/** `confirm-rollout`: no traffic of any kind before every one of them has said yes. */
export function awaitConfirmation(snapshot: Snapshot): Decision | undefined {
  const waiting = pending(snapshot, "confirm-rollout");
  if (waiting.length === 0) return undefined;
  const agreed = waiting.filter((hook) => answerTo(snapshot, hookKeyOf(hook))?.kind === "yes");
  if (agreed.length > 0) return goOn(snapshot, agreed);
  return ask(snapshot, waiting, { phase: "Waiting" });
}

/** `pre-rollout`: with the canary's pods ready and without traffic, one after the other; a no is the end. */
export function awaitTrial(snapshot: Snapshot): Decision | undefined {
  const [hook] = pending(snapshot, "pre-rollout");
  if (hook === undefined) return undefined;
  const answer = answerTo(snapshot, hookKeyOf(hook));
  if (answer?.kind === "yes") return goOn(snapshot, [hook]);
  const said = `hook ${hook.name} (pre-rollout): ${describeAnswer(answer)}`;
  if (answer?.kind === "no") return rollBack(snapshot, said);
  // Count silence only from this controller's own first attempt: the record may be old and the controller just started.
  if (answer !== undefined) {
    const since = snapshot.run?.unansweredSince;
    if (since === undefined) return { writes: rewrite(snapshot, { unansweredSince: instant(answer.at) }) };
    if (snapshot.now - Date.parse(since) >= snapshot.plan.maxIntervalMs) return rollBack(snapshot, said);
  }
  return ask(snapshot, [hook], { phase: "Progressing" });
}

/** Waits for the hooks before the next step, or before the promotion after the last one. */
export function awaitLeave(snapshot: Snapshot, next: number): Decision | undefined {
  if (snapshot.held.asked === "promote") return undefined;
  const step = snapshot.plan.steps[next];
  const gate = step === undefined ? "confirm-promotion" : "confirm-traffic-increase";
  return awaitCompanions(snapshot) ?? (step?.kind === "pause" ? undefined : awaitGates(snapshot, gate, next));
}

/** Every gate of the type has said yes just now about this step. */
function awaitGates(snapshot: Snapshot, type: HookType, about: number): Decision | undefined {
  const gates = hooksOf(snapshot, type);
  const shut = gates.filter((hook) => {
    const answer = answerTo(snapshot, hookKeyOf(hook, about));
    return answer?.kind !== "yes" || snapshot.now - answer.at > FRESH_MS;
  });
  if (shut.length === 0) return undefined;
  return ask(snapshot, shut, { phase: "Progressing", about, all: gates });
}

/** `rollout`: the step is not left before each has said yes in it, and nothing else since. */
function awaitCompanions(snapshot: Snapshot): Decision | undefined {
  if (stepOf(snapshot)?.kind === "pause") return undefined;
  const step = stepIndex(snapshot);
  const late = hooksOf(snapshot, "rollout").filter(
    (hook) => answerTo(snapshot, hookKeyOf(hook, step))?.kind !== "yes",
  );
  // withCompanions adds the calls to every decision of the step.
  return late.length === 0 ? undefined : { writes: [], condition: waitingForHooks(snapshot, late, step) };
}

/** A `rollback` hook asks for it, or a `rollout` hook refuses. */
export function checkHooks(snapshot: Snapshot): Decision | undefined {
  if (snapshot.held.asked === "promote") return undefined;
  const asking = hooksOf(snapshot, "rollback").find(
    (hook) => answerTo(snapshot, hookKeyOf(hook))?.kind === "yes",
  );
  if (asking !== undefined) return rollBack(snapshot, `hook ${asking.name} (rollback) asked for it`);
  const step = stepIndex(snapshot);
  const against = hooksOf(snapshot, "rollout").find(
    (hook) => answerTo(snapshot, hookKeyOf(hook, step))?.kind === "no",
  );
  if (against === undefined) return undefined;
  const said = describeAnswer(answerTo(snapshot, hookKeyOf(against, step)));
  return rollBack(snapshot, `hook ${against.name} (rollout): ${said}`);
}

/** The decision, with calls to the `rollback` hooks in addition. */
export function withRollback(snapshot: Snapshot, decision: Decision): Decision {
  if (snapshot.run?.outcome !== "running") return decision;
  const polls = hooksOf(snapshot, "rollback").map((hook) => ({
    hook,
    key: hookKeyOf(hook),
    everyMs: ASK_MS,
  }));
  return withPolls(snapshot, decision, polls);
}

/** The decision of a step in force, with calls to the `rollout` hooks in addition: when it begins, and every interval. */
export function withCompanions(snapshot: Snapshot, decision: Decision): Decision {
  if (snapshot.run?.outcome !== "running" || stepOf(snapshot)?.kind === "pause") return decision;
  const polls = hooksOf(snapshot, "rollout").map((hook) => {
    const key = hookKeyOf(hook, stepIndex(snapshot));
    return {
      hook,
      key,
      everyMs: answerTo(snapshot, key)?.kind === "yes" ? snapshot.plan.intervalMs : ASK_MS,
    };
  });
  return withPolls(snapshot, decision, polls);
}

interface Poll {
  readonly hook: Hook;
  readonly key: string;
  readonly everyMs: number;
}

function withPolls(snapshot: Snapshot, decision: Decision, polls: readonly Poll[]): Decision {
  if (snapshot.held.asked === "promote" || polls.length === 0) return decision;
  const due = polls.filter(({ key, everyMs }) => dueIn(snapshot, key, everyMs) <= 0);
  const waits = polls.map(({ key, everyMs }) => dueIn(snapshot, key, everyMs)).filter((ms) => ms > 0);
  const waitMs = Math.min(decision.waitMs ?? Number.POSITIVE_INFINITY, ...waits);
  return {
    ...decision,
    calls: [
      ...(decision.calls ?? []),
      ...due.map(({ hook, key }) => callTo(snapshot, hook, key, "Progressing")),
    ],
    ...(Number.isFinite(waitMs) && { waitMs }),
  };
}

interface Question {
  readonly phase: HookPhase;
  readonly about?: number;
  /** The hooks to call again; absent: only those that have not said yes. */
  readonly all?: readonly Hook[];
}

function ask(
  snapshot: Snapshot,
  waiting: readonly Hook[],
  { phase, about, all = waiting }: Question,
): Decision {
  const asked = all.map((hook) => ({ hook, key: hookKeyOf(hook, about) }));
  const calls: HookCall[] = asked
    .filter(({ key }) => dueIn(snapshot, key) <= 0)
    .map(({ hook, key }) => callTo(snapshot, hook, key, phase));
  const waits = asked.map(({ key }) => dueIn(snapshot, key)).filter((ms) => ms > 0);
  return {
    writes: [],
    calls,
    condition: waitingForHooks(snapshot, waiting, about),
    ...(waits.length > 0 && { waitMs: Math.min(...waits) }),
  };
}

/** A gate that says no is a person's; one that gives no answer may give it by itself. */
function waitingForHooks(snapshot: Snapshot, [first, ...others]: readonly Hook[], about?: number) {
  if (first === undefined) throw new Error("waiting for no hook");
  const more = others.length > 0 ? ` and ${others.map(({ name }) => name).join(", ")}` : "";
  const answer = answerTo(snapshot, hookKeyOf(first, about));
  const message = `waiting for hook ${first.name}${more} (${first.type}): ${describeAnswer(answer)}`;
  return waitingFor(answer?.kind === "no" ? "person" : "hook", message);
}

/** Continues after these hooks. The wait was theirs, so later deadlines count from now. */
function goOn(snapshot: Snapshot, hooks: readonly Hook[]): Decision {
  return { writes: recordDone(snapshot, hooks, { stepSince: instant(snapshot.now) }) };
}

/** The hooks before any traffic that have not said yes; none once the canary has had traffic. */
function pending(snapshot: Snapshot, type: HookType): readonly Hook[] {
  if (snapshot.held.asked === "promote" || hasServed(snapshot)) return [];
  return hooksOf(snapshot, type).filter((hook) => !isDone(snapshot, hook));
}

function hasServed(snapshot: Snapshot): boolean {
  const { run } = snapshot;
  return run !== undefined && (run.step > 0 || run.inForceSince !== undefined || isRouted(snapshot));
}
