/**
 * KWOK's stages of application pods, as data that becomes JSON documents of its configuration. A pod's image (image.ts)
 * selects its stages. Pods that are real processes match none: kubelet/ runs them.
 */
import { PROCESSES } from "./image.ts";

/** One document of KWOK's configuration. */
export interface Stage {
  readonly apiVersion: "kwok.x-k8s.io/v1alpha1";
  readonly kind: "Stage";
  readonly metadata: { readonly name: string };
  readonly spec: object;
}

// A deleted pod serves through its preStop sleep, or for a second, but is no longer a ready endpoint. A proxy that
// learns of this later (Traefik's throttle is 2 s) loses requests, as in any cluster.
const termination = '(.spec.containers[0].lifecycle.preStop.sleep.seconds // 1 | tostring) + "s"';

const token = (pattern: string) => `.spec.containers[0].image | select(test(":[^/]*-(${pattern})(-|$)"))`;
const exists = (key: string) => ({ key, operator: "Exists" });
const absent = (key: string) => ({ key, operator: "DoesNotExist" });
const equals = (key: string, value: string) => ({ key, operator: "In", values: [value] });

const faked = absent(`.spec.containers[].image | select(test("${PROCESSES}"))`);
const alive = absent(".metadata.deletionTimestamp");
const fresh = [faked, alive, absent(".status.containerStatuses")];

// `PodIP` takes the next number of --cidr. A freed address returns to the pool of the *node's* podCIDR, which is another
// range. So no address is used twice, and a late proxy cannot reach a new pod under an old pod's address.
const placed = `
hostIP: {{ NodeIPWith .spec.nodeName }}
{{ $ip := PodIP }}
podIP: {{ $ip }}
podIPs: [{ip: {{ $ip }}}]
startTime: {{ Now | Quote }}`;

const conditions = (ready: boolean) => `
conditions:
{{ range $type, $status := dict "Initialized" "True" "PodReadyToStartContainers" "True" "ContainersReady" "${ready ? "True" : "False"}" "Ready" "${ready ? "True" : "False"}" }}
- {type: {{ $type }}, status: {{ $status | Quote }}, lastTransitionTime: {{ Now | Quote }}}
{{ end }}
{{ range .spec.readinessGates }}
- {type: {{ .conditionType }}, status: "True", lastTransitionTime: {{ Now | Quote }}}
{{ end }}`;

const containers = (fields: string) => `
containerStatuses:
{{ range .spec.containers }}
- {name: {{ .name }}, image: {{ .image | Quote }}, imageID: "", ${fields}}
{{ end }}`;

const running = (ready: boolean) =>
  containers(
    `ready: ${ready}, started: true, restartCount: 0, state: {running: {startedAt: {{ Now | Quote }}}}`,
  );

const crashing = containers(
  `ready: false, started: false, restartCount: 3,
   state: {waiting: {reason: CrashLoopBackOff, message: back-off 40s restarting failed container}},
   lastState: {terminated: {exitCode: 1, reason: Error, startedAt: {{ Now | Quote }}, finishedAt: {{ Now | Quote }}}}`,
);

const unpulled = containers(
  `ready: false, started: false, restartCount: 0,
   state: {waiting: {reason: ImagePullBackOff, message: {{ printf "Back-off pulling image %q" .image | Quote }}}}`,
);

const completed = `
phase: Succeeded
${containers(
  `ready: false, started: false, restartCount: 0,
   state: {terminated: {exitCode: 0, reason: Completed, startedAt: {{ Now | Quote }}, finishedAt: {{ Now | Quote }}}}`,
)}`;

const nodeReady = `
addresses: [{type: InternalIP, address: {{ NodeIP }}}, {type: Hostname, address: {{ .metadata.name }}}]
allocatable: {cpu: 1k, memory: 1Ti, pods: 10k}
capacity: {cpu: 1k, memory: 1Ti, pods: 10k}
conditions:
{{ range NodeConditions }}
- {type: {{ .type }}, status: {{ .status | Quote }}, reason: {{ .reason }}, message: {{ .message | Quote }},
   lastHeartbeatTime: {{ Now | Quote }}, lastTransitionTime: {{ Now | Quote }}}
{{ end }}
daemonEndpoints: {kubeletEndpoint: {Port: {{ NodePort }}}}
nodeInfo: {architecture: amd64, operatingSystem: linux, osImage: "", bootID: "", machineID: "", systemUUID: "",
  kernelVersion: "", kubeProxyVersion: "", containerRuntimeVersion: kwok, kubeletVersion: kwok}
phase: Running`;

/** All stages; KWOK plays the one whose selector matches a changed object. */
export const stages: readonly Stage[] = [
  stage("node-ready", "Node", [absent('.status.conditions[] | select(.type == "Ready")')], {
    statusTemplate: nodeReady,
  }),
  stage("pod-ready", "Pod", [...fresh, absent(token("slow[0-9.]+|neverready|crash|pull"))], {
    statusTemplate: `phase: Running${placed}${conditions(true)}${running(true)}`,
  }),
  stage("pod-not-ready", "Pod", [...fresh, exists(token("slow[0-9.]+|neverready"))], {
    statusTemplate: `phase: Running${placed}${conditions(false)}${running(false)}`,
  }),
  stage("pod-crash", "Pod", [...fresh, exists(token("crash"))], {
    statusTemplate: `phase: Running${placed}${conditions(false)}${crashing}`,
  }),
  stage("pod-pull", "Pod", [...fresh, exists(token("pull"))], {
    statusTemplate: `phase: Pending${placed}${conditions(false)}${unpulled}`,
  }),
  stage(
    "pod-slow-ready",
    "Pod",
    [
      faked,
      alive,
      exists(token("slow[0-9.]+")),
      equals('.status.conditions[] | select(.type == "Ready") | .status', "False"),
    ],
    { statusTemplate: `${conditions(true)}${running(true)}` },
    { durationFrom: { expressionFrom: '.spec.containers[0].image | capture("-slow(?<s>[0-9.]+)").s + "s"' } },
  ),
  stage(
    "pod-complete",
    "Pod",
    [faked, alive, equals(".status.phase", "Running"), equals(".metadata.ownerReferences[].kind", "Job")],
    { statusTemplate: completed },
  ),
  stage(
    "pod-delete",
    "Pod",
    [faked, exists(".metadata.deletionTimestamp")],
    { delete: true },
    { durationFrom: { expressionFrom: termination } },
  ),
];

function stage(
  name: string,
  kind: "Node" | "Pod",
  matchExpressions: object[],
  next: object,
  delay?: object,
): Stage {
  const spec = {
    resourceRef: { apiGroup: "v1", kind },
    selector: { matchExpressions },
    next,
    ...(delay && { delay }),
  };
  return { apiVersion: "kwok.x-k8s.io/v1alpha1", kind: "Stage", metadata: { name }, spec };
}
