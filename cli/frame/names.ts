import { UsageError } from "./failure.ts";

/** The names of the kind that kubectl takes for a Deployment. */
const KIND = /^(deploy|deployments?)(\.v1)?(\.apps)?$/i;

/**
 * The Deployments that a user names as kubectl takes them: `web`, `deployment/web`, `deploy/web`, or `deployment web api`.
 * Throws UsageError for a name of another kind.
 */
export function deploymentNames(args: readonly string[]): readonly string[] {
  const [first = "", ...rest] = args;
  const plain = KIND.test(first) && rest.length > 0 && !rest.some((arg) => arg.includes("/")) ? rest : args;
  const names = plain.map((arg) => {
    const [kind, name, ...more] = arg.includes("/") ? arg.split("/") : ["deployment", arg];
    if (!KIND.test(kind ?? "") || name === undefined || name === "" || more.length > 0)
      throw new UsageError(
        `${JSON.stringify(arg)} is not the name of a Deployment: use NAME or deployment/NAME`,
      );
    return name;
  });
  return [...new Set(names)];
}
