import type { Cluster } from "../../cluster/cluster.ts";

const NAMESPACE = "serin-system";

/** The names of the webhook's pods. */
export function webhookPods({ kubelet }: Cluster): readonly string[] {
  return kubelet.pods(NAMESPACE, "webhook");
}

/** Keeps every webhook container down while `body` runs; the controllers continue. */
export async function withoutWebhooks(cluster: Cluster, body: () => Promise<void>): Promise<void> {
  const pods = webhookPods(cluster);
  await Promise.all(pods.map((pod) => cluster.kubelet.keepDown(NAMESPACE, pod, "webhook")));
  try {
    await body();
  } finally {
    for (const pod of pods) cluster.kubelet.bringBack(NAMESPACE, pod, "webhook");
    await allReady(cluster);
  }
}

/** Waits until all webhooks are ready; throws after a minute. */
export async function allReady({ kubectl }: Cluster): Promise<void> {
  const { code, stderr } = await kubectl([
    ...["wait", "deployment/serin", "-n", NAMESPACE, "--timeout=60s"],
    "--for=jsonpath={.status.readyReplicas}=2",
  ]);
  if (code !== 0) throw new Error(`Serin is not ready: ${stderr}`);
}
