import type { Deployment } from "../../kube/core/workloads.ts";
import { argoAnnotate } from "../../migrate/live/argo/leave-steps.ts";
import { argoSteps } from "../../migrate/live/argo/steps.ts";
import { flaggerSteps } from "../../migrate/live/flagger/steps.ts";
import { annotate } from "../../migrate/live/flagger/workload-steps.ts";
import { kruiseAnnotate, kruiseSteps } from "../../migrate/live/kruise/steps.ts";
import type { LiveStep } from "../../migrate/live/step.ts";
import { readArgo } from "./read-argo.ts";
import { readFlagger } from "./read-flagger.ts";
import { readKruise } from "./read-kruise.ts";
import type { LivePlace } from "./reading.ts";

/** What every way to Serin looks at. */
export interface MigrationSeen {
  readonly deployment: Deployment;
}

/** A way to Serin. */
export interface Rival<S extends MigrationSeen> {
  /** As people write it: `Flagger`. */
  readonly title: string;
  readonly steps: readonly LiveStep<S>[];
  /** The step that Serin's webhook must accept. */
  readonly annotate: LiveStep<S>;
  readonly read: (place: LivePlace) => Promise<S>;
}

const flagger = { title: "Flagger", steps: flaggerSteps, annotate, read: readFlagger };
const argo = { title: "Argo Rollouts", steps: argoSteps, annotate: argoAnnotate, read: readArgo };
const kruise = { title: "Kruise Rollouts", steps: kruiseSteps, annotate: kruiseAnnotate, read: readKruise };

/** The rivals by their names on the command line. Each hides what it reads, so that a command treats all of them alike. */
export const rivals: Readonly<
  Record<string, <R>(use: <S extends MigrationSeen>(rival: Rival<S>) => R) => R>
> = {
  flagger: (use) => use(flagger),
  argo: (use) => use(argo),
  kruise: (use) => use(kruise),
};
