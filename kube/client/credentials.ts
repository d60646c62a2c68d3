import { KubeConfig } from "@kubernetes/client-node";

/** The credentials of the pod this process runs in. */
export function inCluster(): KubeConfig {
  const config = new KubeConfig();
  config.loadFromCluster();
  return config;
}

/** The credentials of a kubeconfig file; `context` instead of its current one if given. */
export function fromFile(path: string, context?: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(path);
  if (context !== undefined) config.setCurrentContext(context);
  return config;
}
