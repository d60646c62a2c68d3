import type { DefaultSources } from "../../rollout/plan/layers.ts";

type Values = Readonly<Record<string, string>>;

/** Values under the keys of their annotations. */
export const keyed = (given: Values): Values =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [`serin.dev/${name}`, value]));

/** The sources of a Deployment of the namespace `shop`, with the values of the profile `slow` if given. */
export const sourcesOf = ({
  namespace = {},
  profile,
}: {
  namespace?: Values;
  profile?: Values;
}): DefaultSources => ({
  namespace: { name: "shop", annotations: keyed(namespace) },
  ...(profile && { profile: { name: "slow", values: profile } }),
});
