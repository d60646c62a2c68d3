import { existsSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";

/** The root of the repository, which is also what the image of Serin holds. */
export const repository = resolve(import.meta.dirname, "../..");

/** The programs that setup.sh built or fetched. */
export type Program =
  | "etcd"
  | "kube-apiserver"
  | "kube-controller-manager"
  | "kube-scheduler"
  | "kubectl"
  | "kwok"
  | "prometheus"
  | "promtool"
  | "traefik";

export interface Tools {
  /** The path of a program. */
  program(name: Program): string;
  /** The folder with the Gateway API's definitions (standard channel). */
  readonly gatewayApi: string;
}

/** Finds what setup.sh made; throws when it has not run. */
export function findTools(): Tools {
  const link = join(repository, "node_modules/.cache/serin-tools");
  if (!existsSync(join(link, "complete")))
    throw new Error("the cluster's programs are missing: npm run setup");
  const cache = realpathSync(link);
  return { program: (name) => join(cache, "bin", name), gatewayApi: join(cache, "gateway-api") };
}
