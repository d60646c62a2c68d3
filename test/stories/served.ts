import { once } from "node:events";
import { connect } from "node:tls";
import { readBundle } from "../../certs/inspect.ts";
import type { Cluster } from "../cluster/cluster.ts";

const PODS = "/api/v1/namespaces/serin-system/pods?labelSelector=serin.dev/webhook-path";

/** The certificates that the webhook's pods serve now, PEM, each once. */
export async function servedIn({ api }: Cluster): Promise<ReadonlySet<string>> {
  const { items } = await api.demand<{ items: { status: { podIP?: string } }[] }>("GET", PODS);
  const all = await Promise.all(
    items.flatMap(({ status }) => (status.podIP ? [servedAt(status.podIP)] : [])),
  );
  return new Set(all);
}

async function servedAt(host: string): Promise<string> {
  const socket = connect({ host, port: 8443, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const pem = String(socket.getPeerX509Certificate() ?? "");
  socket.destroy();
  return readBundle(pem).join("");
}
