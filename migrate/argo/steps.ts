import { stringify } from "yaml";
import { formatDuration, parseDuration } from "../../rollout/text/duration.ts";
import type { Annotations } from "../accepted.ts";
import { differs, type Note, notCarried } from "../note.ts";
import { stepsText, type TimedStep } from "../steps-text.ts";
import { typedMatch } from "../string-match.ts";
import type { BlueGreenStrategy, CanaryStrategy } from "./rollout.ts";

/** Annotations with what differs in them. */
interface Part {
  readonly annotations: Annotations;
  readonly notes: readonly Note[];
}

const STEP = "spec.strategy.canary.steps[]";
const LONGEST_MS = 168 * 3_600_000;
const USUAL_SCALE_DOWN_S = 30;

const BY_PODS: Note = {
  fate: "differs",
  says:
    "without trafficRouting, Argo Rollouts splits the requests by the number of pods: so does Serin while no route names the " +
    "Service, and then it compares nothing; with an HTTPRoute or GRPCRoute, it shifts weights and compares",
};
const SWITCHED =
  "`serin.dev/services`; Serin switches by a route, not by the Service's selector: an HTTPRoute or GRPCRoute must name the Service";

/** The strategy `canary` as annotations; none without steps, as Argo Rollouts then updates natively. */
export function canaryStrategy(canary: CanaryStrategy): Part {
  if (canary.steps.length === 0)
    return {
      annotations: {},
      notes: [
        {
          fate: "differs",
          says: "without steps, Argo Rollouts makes a rolling update: so does Kubernetes, and nothing opts in",
        },
      ],
    };
  const steps = weightsOf(canary);
  const byPods = canary.trafficRouting === undefined ? [{ annotations: {}, notes: [BY_PODS] }] : [];
  const parts = [steps, sizeOf(canary), testersOf(canary), copiesOf(canary), ...byPods];
  return {
    annotations: Object.assign(
      { "serin.dev/rollout": "canary" },
      ...parts.map(({ annotations }) => annotations),
    ),
    notes: parts.flatMap(({ notes }) => notes),
  };
}

/** The strategy `blueGreen` as annotations. */
export function blueGreenStrategy({
  autoPromotionEnabled = true,
  scaleDownDelaySeconds = USUAL_SCALE_DOWN_S,
}: BlueGreenStrategy): Part {
  const stays = formatDuration(Math.min(LONGEST_MS, Math.max(1, scaleDownDelaySeconds) * 1000));
  const steps = `${autoPromotionEnabled ? "" : "pause, "}100:${stays}`;
  return {
    annotations: { "serin.dev/rollout": "blue-green", "serin.dev/steps": steps },
    notes: [differs("spec.strategy.blueGreen.activeService", SWITCHED)],
  };
}

function weightsOf({ steps, trafficRouting }: CanaryStrategy): Part {
  const written: TimedStep[] = [];
  const notes: Note[] = [];
  const whole = trafficRouting?.maxTrafficWeight || 100;
  for (const { setWeight: share, pause } of steps) {
    // An annotation takes a percentage of at most two decimals.
    const setWeight = share === undefined ? undefined : Math.round((share / whole) * 10_000) / 100;
    if (setWeight !== undefined) {
      const before = written.findLast(({ weight }) => weight !== "pause")?.weight ?? 0;
      if (setWeight > Number(before) && setWeight <= 100) written.push({ weight: setWeight, ms: 0 });
      else if (setWeight !== before)
        notes.push(
          differs(
            `${STEP}.setWeight`,
            `${setWeight} after ${before} is left out: the weights of Serin's steps increase`,
          ),
        );
      else if (setWeight === 0 && share !== 0)
        notes.push(differs(`${STEP}.setWeight`, `${share} of ${whole} is left out: less than 0.01 %`));
    }
    if (pause === undefined) continue;
    const ms = pause.duration === undefined ? undefined : durationOf(pause.duration);
    const last = written.at(-1);
    if (ms === undefined) {
      if (pause.duration !== undefined)
        notes.push(
          notCarried(
            `${STEP}.pause.duration`,
            `${JSON.stringify(pause.duration)} is not a duration that Serin reads, such as 1m30s: a pause without end stands for it`,
          ),
        );
      if (last?.weight !== "pause") written.push({ weight: "pause", ms: 0 });
    } else if (last === undefined || last.weight === "pause")
      notes.push(
        notCarried(
          `${STEP}.pause.duration`,
          "a timed pause before the first weight, or after a pause, has no counterpart",
        ),
      );
    else written.splice(-1, 1, { ...last, ms: last.ms + ms });
  }
  if (!written.some(({ weight }) => weight !== "pause"))
    return {
      annotations: {},
      notes: [
        ...notes,
        notCarried(
          "spec.strategy.canary.steps",
          "no step has a weight: Serin's default steps of 10, 25 and 50 %",
        ),
      ],
    };
  if (written.some(({ weight, ms }) => weight !== "pause" && ms === 0))
    notes.push(
      differs(
        `${STEP}.setWeight`,
        "Serin stays at each weight for at least `serin.dev/interval`, 1m by default, and judges it",
      ),
    );
  const { text, change } = stepsText(written);
  if (change !== undefined) notes.push(differs("spec.strategy.canary.steps", change));
  return { annotations: { "serin.dev/steps": text }, notes };
}

/** Seconds, as a number or as digits, or a duration of Go; in ms. `undefined` for anything else, and for less than a second. */
function durationOf(duration: string | number): number | undefined {
  const text = String(duration);
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : parseDuration(text);
  return ms === undefined || ms < 1_000 ? undefined : ms;
}

function sizeOf({ steps }: CanaryStrategy): Part {
  const scales = steps.map(({ setCanaryScale }) => setCanaryScale).filter((scale) => scale !== undefined);
  const fixed = scales.filter(({ matchTrafficWeight }) => !matchTrafficWeight);
  const pods = Math.max(0, ...fixed.map(({ replicas = 0 }) => replicas));
  const percent = Math.max(0, ...fixed.map(({ weight = 0 }) => weight));
  const size = pods > 0 ? String(pods) : percent > 0 ? `${Math.min(100, percent)}%` : undefined;
  if (size === undefined) return { annotations: {}, notes: [] };
  const isOne = new Set(scales.map((scale) => JSON.stringify(scale))).size === 1;
  return {
    annotations: { "serin.dev/size": size },
    notes: isOne
      ? []
      : [
          differs(
            `${STEP}.setCanaryScale`,
            `\`serin.dev/size: ${size}\`, the largest of the steps, for all of them`,
          ),
        ],
  };
}

function testersOf({ steps }: CanaryStrategy): Part {
  const routes = steps
    .flatMap(({ setHeaderRoute }) => setHeaderRoute ?? [])
    .filter(({ match }) => match.length > 0);
  const field = `${STEP}.setHeaderRoute`;
  const notes: Note[] = [];
  const matches = routes.flatMap(({ match }) => {
    const headers = match.map(({ headerName, headerValue }) => {
      const typed = typedMatch(headerValue);
      return typed && { name: headerName, ...typed };
    });
    if (headers.every((header) => header !== undefined)) return [{ headers }];
    notes.push(notCarried(field, "a header without a value is left out, with its match"));
    return [];
  });
  if (matches.length === 0) return { annotations: {}, notes };
  return { annotations: { "serin.dev/match": stringify(matches, { lineWidth: 0 }) }, notes };
}

function copiesOf({ steps }: CanaryStrategy): Part {
  const mirrors = steps.map(({ setMirrorRoute }) => setMirrorRoute).filter((route) => route !== undefined);
  const whole = mirrors.filter(
    ({ match, percentage }) => match === undefined && percentage !== undefined && percentage > 0,
  );
  const percent = Math.max(0, ...whole.map(({ percentage = 0 }) => percentage));
  return {
    annotations: percent > 0 ? { "serin.dev/mirror": `${Math.min(100, Math.round(percent))}%` } : {},
    notes: [],
  };
}
