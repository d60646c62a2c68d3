import type { Block } from "./blocks.ts";

/** Blocks of a page that are not run on the test cluster. */
export interface Skip {
  readonly page: string;
  /** How the first command of the block begins; absent: every block of the page. */
  readonly begins?: string;
  readonly reason: string;
}

/**
 * Pages whose blocks run one after the other in one shell, each page continuing where the one before ended. Every other page
 * must be in the list of skips.
 */
export const courses: readonly (readonly string[])[] = [
  ["docs/first-rollout.md", "docs/concepts.md", "docs/operations.md", "docs/first-rollback.md"],
];

const MACHINE = "it makes a cluster or a gateway of a vendor's; the test cluster has both";
const INSTALL = "the stories of installations and of the chart install Serin in each of these ways";
const SCREEN = "`npm run docs` writes it, and the unit tests of the screens hold it";
const EXCERPT =
  "it shows one moment of a rollout that the page does not start; the stories of that command hold it";

/** Every block that is not run, with the reason. A skip that fits no block is a fault, so that the list cannot outlive its pages. */
export const skips: readonly Skip[] = [
  { page: "README.md", reason: "it shows excerpts of the tutorials, which are run" },
  { page: "CONTRIBUTING.md", reason: "it runs the tests themselves" },
  { page: "docs/quick-start.md", reason: MACHINE },
  {
    page: "docs/first-rollout.md",
    begins: "GATEWAY=",
    reason: "the gateway of the test cluster has its own address",
  },
  { page: "docs/gitops.md", reason: "it needs Argo CD or Flux" },
  { page: "docs/dashboard.md", reason: "test/stories/people/dashboard.test.ts runs both ways to start it" },
  {
    page: "docs/migration.md",
    reason: "the stories of migrations run these commands beside the other tools' objects",
  },
  {
    page: "docs/notifications.md",
    reason: "test/stories/people/notified.test.ts lists and tries receivers of its own",
  },
  { page: "docs/disasters.md", reason: "the chaos suite makes and ends each of these outages" },
  { page: "docs/commands.md", reason: "a unit test reads each line as the program does" },
  { page: "docs/concepts.md", begins: "kubectl serin status web -o", reason: EXCERPT },
  { page: "docs/installation.md", reason: INSTALL },
  { page: "docs/judge.md", reason: "test/programs runs this line in the image" },
  { page: "docs/kubectl-serin.md", reason: SCREEN },
  { page: "docs/kubectl-serin-orders.md", reason: EXCERPT },
  { page: "docs/operations.md", begins: "kubectl apply -k", reason: INSTALL },
  {
    page: "docs/operations.md",
    begins: "kubectl -n serin-system patch secret",
    reason: "test/stories/certificate.test.ts deletes the token",
  },
  { page: "docs/operations.md", begins: "kubectl get replicasets -l app=web", reason: "it needs jq" },
  { page: "docs/operations.md", begins: "jq", reason: "it needs jq, and the API server's audit log" },
  {
    page: "docs/operations.md",
    begins: "kubectl serin cleanup",
    reason: "test/stories/cleanup.test.ts removes Serin in mid-flight",
  },
  { page: "docs/profiles.md", reason: "test/stories/profile.test.ts does this with profiles of its own" },
  { page: "docs/releasing.md", reason: "it needs a container engine and a registry" },
  { page: "docs/reliability.md", reason: "it runs the chaos suite, which takes more than an hour" },
  { page: "docs/scale.md", reason: "it is a measurement that needs an idle machine" },
  { page: "docs/stability.md", reason: INSTALL },
  { page: "docs/troubleshooting.md", reason: EXCERPT },
];

/** The skip of a block; undefined if the block is run. */
export function skipOf(block: Block): Skip | undefined {
  const first = block.kind === "commands" ? (block.commands[0]?.text ?? "") : "";
  return skips.find(
    ({ page, begins }) => page === block.page && (begins === undefined || first.startsWith(begins)),
  );
}
