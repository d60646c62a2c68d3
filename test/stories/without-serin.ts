import type { Cluster } from "../cluster/cluster.ts";

/** Does something while no process of Serin runs and its webhook configuration is deleted. */
export async function withoutSerin({ kubelet, kubectl }: Cluster, act: () => Promise<void>): Promise<void> {
  const containers = ["webhook", "controller"].flatMap((container) =>
    kubelet.pods("serin-system", container).map((pod) => [pod, container] as const),
  );
  const saved = JSON.parse((await kubectl(["get", "mutatingwebhookconfiguration/serin", "-o=json"])).stdout);
  try {
    await Promise.all(containers.map(([pod, container]) => kubelet.keepDown("serin-system", pod, container)));
    await kubectl(["delete", "mutatingwebhookconfiguration/serin"]);
    await act();
  } finally {
    // The stories after this one need Serin, even if this one fails.
    // By an apply, the old version would become a part of what every later apply compares with.
    const { resourceVersion: _version, uid: _uid, ...metadata } = saved.metadata;
    await kubectl(["create", "-f", "-"], { input: JSON.stringify({ ...saved, metadata }) });
    for (const [pod, container] of containers) kubelet.bringBack("serin-system", pod, container);
    const wait = ["wait", "deployments", "--all", "--for=condition=Available", "--timeout=60s"];
    await kubectl(wait, { namespace: "serin-system" });
  }
}
