import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { addresses } from "../addresses.ts";
import type { Api } from "../api.ts";
import { isIstioImage, isNodeImage } from "../image.ts";
import { packedCommand } from "../oci/bundle.ts";
import { contentOf, findEnvoyGateway, findIstio, findTools } from "../tools.ts";
import { Container } from "./container.ts";
import { createSandbox, type Sandbox } from "./sandbox.ts";
import { type ContainerSpec, commandOf, emptyFolders, type Pod } from "./spec.ts";
import { writeVolumes } from "./volumes.ts";

/** The surroundings of every pod. `dir` holds logs and secrets; `hosts` is the file of names; `content` that of Serin's image. */
export interface PodNeeds {
  readonly api: Api;
  readonly dir: string;
  readonly hosts: string;
  readonly content: string;
  readonly ca: string;
  /** The port of the API server at its address. */
  readonly apiPort: number;
  readonly log: (message: string) => void;
}

/** A pod with its processes. */
export interface RunningPod {
  readonly containers: readonly Container[];
  /** Ends the processes gracefully within `graceMs`, then removes the pod's network. */
  stop(graceMs: number): Promise<void>;
  /** Ends the processes at once, then removes the pod's network. */
  destroy(): Promise<void>;
}

// The image's user, which securityContext.runAsUser overrides.
const DEFAULT_USER = 65_532;
const TOKEN_SECONDS = 24 * 3_600;
const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Starts the processes of a pod and keeps its status current. A pod with a field that this kubelet does not support
 * stays Pending, with the reason in its status. Throws if the API server or the network fails.
 */
export async function runPod(needs: PodNeeds, pod: Pod, number: number): Promise<RunningPod> {
  const sandbox = await createSandbox(number);
  try {
    const secrets = await writeSecrets(needs, pod);
    const placed = { ...pod, status: { ...pod.status, podIP: sandbox.address } };
    const isOfNode = pod.spec.containers.some(({ image }) => isNodeImage(image));
    const volumes = isOfNode ? undefined : await writeVolumes(needs.api, needs.dir, placed);
    return runContainers({ needs, pod: placed, sandbox, secrets, ...(volumes && { volumes }) });
  } catch (error) {
    sandbox.destroy();
    throw error;
  }
}

interface Place {
  readonly needs: PodNeeds;
  readonly pod: Pod;
  readonly sandbox: Sandbox;
  readonly secrets: string;
  /** The folder of each volume, by its name; absent for Serin's own pods, which have emptyDir alone. */
  readonly volumes?: ReadonlyMap<string, string>;
}

function runContainers(place: Place): RunningPod {
  const { needs, pod, sandbox } = place;
  const report = reporter(needs, pod, sandbox.address);
  const containers: Container[] = [];
  let reports = true;
  const onChange = () => reports && report(runningStatus(containers));
  const finish = async (end: (container: Container) => Promise<void>) => {
    await Promise.all(containers.map(end));
    sandbox.destroy();
  };
  try {
    const options = pod.spec.containers.map((spec) => processOf(place, spec));
    containers.push(...options.map((it) => new Container({ ...it, onChange })));
  } catch (error) {
    needs.log(`pod ${pod.metadata.namespace}/${pod.metadata.name} cannot run: ${error}`);
    report(refusedStatus(pod, String(error)));
  }
  for (const container of containers) container.start();
  return {
    containers,
    stop: (graceMs) => finish((container) => container.stop(graceMs)),
    destroy() {
      reports = false;
      return finish((container) => container.destroy());
    },
  };
}

function processOf(place: Place, spec: ContainerSpec) {
  const { needs, pod, sandbox } = place;
  const { namespace, name } = pod.metadata;
  const { argv, env } = commandOf(pod, spec, {
    HOSTNAME: name,
    HOME: "/",
    KUBERNETES_SERVICE_HOST: addresses.apiService,
    KUBERNETES_SERVICE_PORT: String(needs.apiPort),
  });
  const security = { ...pod.spec.securityContext, ...spec.securityContext };
  const user = String(security.runAsUser ?? DEFAULT_USER);
  const readOnly = String(security.readOnlyRootFilesystem ?? false);
  const unpacked = unpackedImage(needs.dir, spec.image);
  const script = place.volumes
    ? ["image.sh", user, mountsOf(place.volumes, needs.hosts, spec).join(" ")]
    : [
        ...[
          "container.sh",
          needs.hosts,
          place.secrets,
          contentOf(spec.image, needs.content),
          process.execPath,
          user,
          readOnly,
        ],
        emptyFolders(pod, spec).join(" "),
      ];
  const inside = unpacked
    ? packedCommand(
        join(needs.dir, `${namespace}_${name}_${spec.name}_bundle`),
        `${namespace}-${name}-${spec.name}`,
        {
          image: unpacked,
          args: argv.slice(1),
          env,
          user: Number(user),
          sharesNetwork: true,
          files: { "/etc/hosts": needs.hosts, [SERVICE_ACCOUNT]: place.secrets },
        },
      )
    : ["unshare", "--mount", "--uts", "--", "sh", ...inFolder(script), ...argv];
  return {
    spec,
    address: sandbox.address,
    command: "nsenter",
    args: [...sandbox.enter, "--", ...inside],
    restarts: (pod.spec.restartPolicy ?? "Always") === "Always",
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", ...env },
    logFile: join(needs.dir, `${namespace}_${name}_${spec.name}.log`),
  };
}

/** The folder under a cluster's own in which a story unpacks an image of Serin's, by its tag, so that runc runs its pods. */
export const UNPACKED = "kubelet/images";

function unpackedImage(dir: string, image: string): string | undefined {
  const folder = join(dir, "..", UNPACKED, /[^:]*$/.exec(image)?.[0] || "-");
  return existsSync(folder) ? folder : undefined;
}

function inFolder([script = "", ...args]: readonly string[]): readonly string[] {
  return [join(import.meta.dirname, script), ...args];
}

/** The mounts of a container that is not Serin's, as `source=place`. */
function mountsOf(
  volumes: ReadonlyMap<string, string>,
  hosts: string,
  { image, volumeMounts = [] }: ContainerSpec,
) {
  return [
    `${hosts}=/etc/hosts`,
    `${findTools().program("envoy")}=/usr/local/bin/envoy`,
    ...(isIstioImage(image)
      ? [
          `${findIstio().agent}=/usr/local/bin/pilot-agent`,
          `${findIstio().bootstrap}=/var/lib/istio/envoy/envoy_bootstrap_tmpl.json`,
        ]
      : [`${findEnvoyGateway().program}=/usr/local/bin/envoy-gateway`]),
    ...volumeMounts.map(
      ({ name, mountPath, subPath = "" }) => `${join(volumes.get(name) ?? "", subPath)}=${mountPath}`,
    ),
  ];
}

/** Writes the service account's files, as in every pod; the token is bound to the pod. */
async function writeSecrets({ api, dir, ca }: PodNeeds, pod: Pod): Promise<string> {
  const { namespace = "default", name, uid } = pod.metadata;
  const folder = join(dir, `${namespace}_${name}_secrets`);
  mkdirSync(folder, { recursive: true });
  if (pod.spec.automountServiceAccountToken === false) return folder;
  const account = pod.spec.serviceAccountName ?? "default";
  const boundObjectRef = { apiVersion: "v1", kind: "Pod", name, uid };
  const { status } = await api.demand<{ status: { token: string } }>(
    "POST",
    `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
    { spec: { expirationSeconds: TOKEN_SECONDS, boundObjectRef } },
  );
  writeFileSync(join(folder, "token"), status.token);
  writeFileSync(join(folder, "ca.crt"), ca);
  writeFileSync(join(folder, "namespace"), namespace);
  return folder;
}

/** Writes the newest status, one write at a time, and skips every status that is already outdated. */
function reporter({ api, log }: PodNeeds, pod: Pod, podIP: string): (status: object) => void {
  const path = `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}/status`;
  const startTime = new Date().toISOString();
  const placed = { podIP, podIPs: [{ ip: podIP }], hostIP: addresses.host, startTime };
  const uid = { metadata: { uid: pod.metadata.uid } };
  let next: object | undefined;
  let writing = false;
  const write = async () => {
    writing = true;
    while (next !== undefined) {
      const status = next;
      next = undefined;
      const answer = await api
        .request("PATCH", path, { ...uid, status: { ...placed, ...status } })
        .catch(String);
      const failed = typeof answer === "string" || (answer.status >= 300 && answer.status !== 404);
      if (failed) log(`status of pod ${pod.metadata.name}: ${JSON.stringify(answer)}`);
    }
    writing = false;
  };
  return (status) => {
    next = status;
    if (!writing) void write();
  };
}

function runningStatus(containers: readonly Container[]): object {
  const ready = containers.every((container) => container.ready);
  const ended = containers.map((container) => container.ended);
  const phase = ended.includes(undefined)
    ? "Running"
    : ended.every((code) => code === 0)
      ? "Succeeded"
      : "Failed";
  return {
    phase,
    conditions: conditions(ready),
    containerStatuses: containers.map((container) => container.status),
  };
}

function refusedStatus({ spec }: Pod, message: string): object {
  const waiting = { reason: "CreateContainerConfigError", message };
  const containerStatuses = spec.containers.map(({ name, image }) => ({
    ...{ name, image, imageID: "", ready: false, restartCount: 0, state: { waiting } },
  }));
  return { phase: "Pending", conditions: conditions(false), containerStatuses };
}

function conditions(ready: boolean): object[] {
  const lastTransitionTime = new Date().toISOString();
  const condition = (type: string, holds: boolean) => ({
    type,
    status: holds ? "True" : "False",
    lastTransitionTime,
  });
  return [
    condition("PodScheduled", true),
    condition("Initialized", true),
    condition("PodReadyToStartContainers", true),
    condition("ContainersReady", ready),
    condition("Ready", ready),
  ];
}
