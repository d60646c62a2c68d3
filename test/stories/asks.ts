import type { Shop } from "./shop.ts";

/** New versions of a Deployment, which the API server refuses if the webhook does not answer. */
export interface Asks extends AsyncDisposable {
  /** How many were sent. */
  total(): number;
  /** The API server's answers to those that failed. */
  refused(): readonly string[];
  /** Ends them; resolves with the refusals. */
  stop(): Promise<readonly string[]>;
}

/** Sends them one after the other, by dry runs, until `stop` or the end of the block that uses them. */
export function ask(shop: Shop, name = "web"): Asks {
  const path = `/apis/apps/v1/namespaces/${shop.namespace}/deployments/${name}?dryRun=All`;
  const refused: string[] = [];
  let total = 0;
  let stopped = false;
  const asking = (async () => {
    for (; !stopped; total += 1) {
      const annotations = { "story/asked": String(total) };
      const body = { spec: { template: { metadata: { annotations } } } };
      const answer = await shop.cluster.request("PATCH", path, body);
      if (answer.status !== 200) refused.push(JSON.stringify(answer.body));
    }
  })();
  const stop = async () => {
    stopped = true;
    await asking;
    return refused;
  };
  return {
    total: () => total,
    refused: () => refused,
    stop,
    // An assertion that fails before `stop` would leave them to the stories that follow.
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}
