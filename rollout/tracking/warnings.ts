/** A Deployment that uses the changed object, and its reaction. */
export interface Follower {
  readonly name: string;
  /** A canary; none, because two versions cannot run at the same time or it has no replicas; or tracking is off. */
  readonly way: "canary" | "none" | "off";
  /** Whether its running pods see the change. */
  readonly live: boolean;
}

/** The warnings for a person who changes a ConfigMap or Secret (`configmap/web`). */
export function warningsOf(object: string, followers: readonly Follower[]): readonly string[] {
  const names = (of: readonly Follower[]) => of.map(({ name }) => name).join(", ");
  const canaries = followers.filter(({ way }) => way === "canary");
  const none = followers.filter(({ way }) => way === "none");
  const live = followers.filter(({ way, live }) => live && way !== "off");
  return [
    ...(canaries.length > 0
      ? [`${object} changed: a canary of the same image starts of Deployment ${names(canaries)}`]
      : []),
    ...(none.length > 0
      ? [
          `${object} changed: no canary of Deployment ${names(none)} (strategy Recreate or no replicas); pods that start read the new content`,
        ]
      : []),
    ...(live.length > 0
      ? [
          `${object} is mounted as a volume: the running pods of Deployment ${names(live)} see the change within about a minute, whatever becomes of the canary; only an immutable object with another name for other content (kustomize: configMapGenerator) reaches a new version alone`,
        ]
      : []),
  ];
}
