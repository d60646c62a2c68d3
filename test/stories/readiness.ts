import type { Shop } from "./shop.ts";

/** Sets whether a pod is ready, as a kubelet does when the answers of the readiness probe change. */
export function setReady(shop: Shop, pod: string, isReady: boolean): Promise<string> {
  const status = isReady ? "True" : "False";
  const conditions = ["Ready", "ContainersReady"].map((type) => ({ type, status }));
  const patch = JSON.stringify({ status: { conditions } });
  return shop.run("patch", `pod/${pod}`, "--subresource=status", `--patch=${patch}`);
}
