import { describeAnswer, type HookCall, type HookPhase } from "../hooks/call.ts";
import type { Hook, HookType } from "../plan/hooks.ts";
import { instant } from "../text/instant.ts";
import type { Decision } from "./decision.ts";
import { ASK_MS, answerTo, callTo, dueIn, hooksOf, keyOf } from "./hook-calls.ts";
import { isDone, recordDone, rewrite } from "./hook-record.ts";
import { takeBack } from "./rollback.ts";
import { isRouted, recordOf, type Seen, stepIndex, stepOf } from "./snapshot.ts";

/** A yes counts so long (ms): a gate that was closed again meanwhile is seen in that time. */
const FRESH_MS = 3 * ASK_MS;

/** Whether the canary may get traffic as far as the hooks before it are concerned: each has said yes once. */
export function mayServe(seen: Seen): boolean {
  return (["confirm-rollout", "pre-rollout"] as const).every((type) => pending(seen, type).length === 0);
}

/** `confirm-rollout`: no traffic of any kind before every one of them has said yes. */
export function awaitConfirmation(seen: Seen): Decision | undefined {
  const waiting = pending(seen, "confirm-rollout");
  if (waiting.length === 0) return undefined;
  const agreed = waiting.filter((hook) => answerTo(seen, keyOf(hook))?.kind === "yes");
  if (agreed.length > 0) return goOn(seen, agreed);
  return ask(seen, waiting, { phase: "Waiting" });
}

/** `pre-rollout`: with the canary's pods ready and without traffic, one after the other; a no is the end. */
export function awaitTrial(seen: Seen): Decision | undefined {
  const [hook] = pending(seen, "pre-rollout");
  if (hook === undefined) return undefined;
  const answer = answerTo(seen, keyOf(hook));
  if (answer?.kind === "yes") return goOn(seen, [hook]);
  const said = `hook ${hook.name} (pre-rollout): ${describeAnswer(answer)}`;
  if (answer?.kind === "no") return takeBack(seen, said);
  // Whose silence nobody has heard is not silent: this controller may be new, however old the record.
  if (answer !== undefined) {
    const since = recordOf(seen)?.unansweredSince;
    if (since === undefined) return { writes: rewrite(seen, { unansweredSince: instant(answer.at) }) };
    if (seen.now - Date.parse(since) >= seen.plan.maxIntervalMs) return takeBack(seen, said);
  }
  return ask(seen, [hook], { phase: "Progressing" });
}

/** What hooks have against leaving the present step for the next one, or for the promotion after the last. */
export function awaitLeave(seen: Seen, next: number): Decision | undefined {
  if (seen.held.asked === "promote") return undefined;
  const step = seen.plan.steps[next];
  const gate = step === undefined ? "confirm-promotion" : "confirm-traffic-increase";
  return awaitCompanions(seen) ?? (step?.kind === "pause" ? undefined : awaitGates(seen, gate, next));
}

/** Every gate of the type has said yes just now about this step. */
function awaitGates(seen: Seen, type: HookType, about: number): Decision | undefined {
  const gates = hooksOf(seen, type);
  const shut = gates.filter((hook) => {
    const answer = answerTo(seen, keyOf(hook, about));
    return answer?.kind !== "yes" || seen.now - answer.at > FRESH_MS;
  });
  if (shut.length === 0) return undefined;
  return ask(seen, shut, { phase: "Progressing", about, all: gates });
}

/** `rollout`: the step is not left before each has said yes in it, and nothing else since. */
function awaitCompanions(seen: Seen): Decision | undefined {
  if (stepOf(seen)?.kind === "pause") return undefined;
  const step = stepIndex(seen);
  const late = hooksOf(seen, "rollout").filter((hook) => answerTo(seen, keyOf(hook, step))?.kind !== "yes");
  // Asked beside whatever the step decides (withCompanions).
  return late.length === 0 ? undefined : { writes: [], says: waitingFor(seen, late, step) };
}

/** A `rollback` hook asks for it, or a `rollout` hook refuses. */
export function checkHooks(seen: Seen): Decision | undefined {
  if (seen.held.asked === "promote") return undefined;
  const asking = hooksOf(seen, "rollback").find((hook) => answerTo(seen, keyOf(hook))?.kind === "yes");
  if (asking !== undefined) return takeBack(seen, `hook ${asking.name} (rollback) asked for it`);
  const step = stepIndex(seen);
  const against = hooksOf(seen, "rollout").find((hook) => answerTo(seen, keyOf(hook, step))?.kind === "no");
  if (against === undefined) return undefined;
  const said = describeAnswer(answerTo(seen, keyOf(against, step)));
  return takeBack(seen, `hook ${against.name} (rollout): ${said}`);
}

/** The decision, with the `rollback` hooks asked beside it. */
export function withRollback(seen: Seen, decision: Decision): Decision {
  if (recordOf(seen)?.outcome !== "running") return decision;
  const polls = hooksOf(seen, "rollback").map((hook) => ({ hook, key: keyOf(hook), everyMs: ASK_MS }));
  return withPolls(seen, decision, polls);
}

/** What a step in force decides, with the `rollout` hooks called beside it: at its begin, and every interval. */
export function withCompanions(seen: Seen, decision: Decision): Decision {
  if (recordOf(seen)?.outcome !== "running" || stepOf(seen)?.kind === "pause") return decision;
  const polls = hooksOf(seen, "rollout").map((hook) => {
    const key = keyOf(hook, stepIndex(seen));
    return { hook, key, everyMs: answerTo(seen, key)?.kind === "yes" ? seen.plan.intervalMs : ASK_MS };
  });
  return withPolls(seen, decision, polls);
}

interface Poll {
  readonly hook: Hook;
  readonly key: string;
  readonly everyMs: number;
}

function withPolls(seen: Seen, decision: Decision, polls: readonly Poll[]): Decision {
  if (seen.held.asked === "promote" || polls.length === 0) return decision;
  const due = polls.filter(({ key, everyMs }) => dueIn(seen, key, everyMs) <= 0);
  const waits = polls.map(({ key, everyMs }) => dueIn(seen, key, everyMs)).filter((ms) => ms > 0);
  const waitMs = Math.min(decision.waitMs ?? Number.POSITIVE_INFINITY, ...waits);
  return {
    ...decision,
    calls: [...(decision.calls ?? []), ...due.map(({ hook, key }) => callTo(seen, hook, key, "Progressing"))],
    ...(Number.isFinite(waitMs) && { waitMs }),
  };
}

interface Question {
  readonly phase: HookPhase;
  readonly about?: number;
  /** Those that are asked again, too; absent: only those that are waited for. */
  readonly all?: readonly Hook[];
}

function ask(seen: Seen, waiting: readonly Hook[], { phase, about, all = waiting }: Question): Decision {
  const asked = all.map((hook) => ({ hook, key: keyOf(hook, about) }));
  const calls: HookCall[] = asked
    .filter(({ key }) => dueIn(seen, key) <= 0)
    .map(({ hook, key }) => callTo(seen, hook, key, phase));
  const waits = asked.map(({ key }) => dueIn(seen, key)).filter((ms) => ms > 0);
  return {
    writes: [],
    calls,
    says: waitingFor(seen, waiting, about),
    ...(waits.length > 0 && { waitMs: Math.min(...waits) }),
  };
}

function waitingFor(seen: Seen, [first, ...others]: readonly Hook[], about?: number) {
  if (first === undefined) throw new Error("waiting for no hook");
  const more = others.length > 0 ? ` and ${others.map(({ name }) => name).join(", ")}` : "";
  const said = describeAnswer(answerTo(seen, keyOf(first, about)));
  const message = `waiting for hook ${first.name}${more} (${first.type}): ${said}`;
  return { status: "Unknown", reason: "Holding", message } as const;
}

/** The wait was the hooks': deadlines of what follows count from now on. */
function goOn(seen: Seen, hooks: readonly Hook[]): Decision {
  return { writes: recordDone(seen, hooks, { stepSince: instant(seen.now) }) };
}

/** Hooks before any traffic that have not said yes. One that is added later has nothing to hold back any more. */
function pending(seen: Seen, type: HookType): readonly Hook[] {
  if (seen.held.asked === "promote" || hasServed(seen)) return [];
  return hooksOf(seen, type).filter((hook) => !isDone(seen, hook));
}

function hasServed(seen: Seen): boolean {
  const run = recordOf(seen);
  return run !== undefined && (run.step > 0 || run.inForceSince !== undefined || isRouted(seen));
}
