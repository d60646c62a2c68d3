/** A Deployment that uses what changed, and what it makes of the change. */
export interface Follower {
  readonly name: string;
  /** A canary; nothing, because two versions of it may not run side by side or nothing serves; or it does not track. */
  readonly way: "canary" | "none" | "off";
  /** Its pods that run see the change. */
  readonly live: boolean;
}

/** What the person who changes a ConfigMap or Secret (`configmap/web`) is told. */
export function warningsOf(object: string, followers: readonly Follower[]): readonly string[] {
  const names = (of: readonly Follower[]) => of.map(({ name }) => name).join(", ");
  const canaries = followers.filter(({ way }) => way === "canary");
  const none = followers.filter(({ way }) => way === "none");
  const live = followers.filter(({ way, live }) => live && way !== "off");
  return [
    ...(canaries.length > 0
      ? [`serin: ${object} changed: a canary of the same image starts of Deployment ${names(canaries)}`]
      : []),
    ...(none.length > 0
      ? [
          `serin: ${object} changed: no canary of Deployment ${names(none)} (strategy Recreate or no replicas); pods that start read the new content`,
        ]
      : []),
    ...(live.length > 0
      ? [
          `serin: ${object} is mounted as a volume: the running pods of Deployment ${names(live)} see the change within about a minute, whatever becomes of the canary; only an immutable object with another name for other content (kustomize: configMapGenerator) reaches a new version alone`,
        ]
      : []),
  ];
}
