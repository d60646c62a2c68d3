import type { Condition, KubeObject as Known } from "./meta.ts";

/** The pods that a workload creates. */
export interface PodTemplate {
  metadata?: {
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    [unknown: string]: unknown;
  };
  spec?: PodSpec;
}

/** The containers and volumes of a pod. */
export interface PodSpec {
  containers?: readonly Container[];
  initContainers?: readonly Container[];
  volumes?: readonly Volume[];
  [unknown: string]: unknown;
}

/** One program of a pod, with its environment and its mounts. */
export interface Container {
  /** Of an init container: with `Always` it runs beside the others. */
  readonly restartPolicy?: string;
  readonly ports?: readonly {
    readonly name?: string;
    readonly containerPort?: number;
    readonly protocol?: string;
    readonly [unknown: string]: unknown;
  }[];
  readonly env?: readonly {
    readonly valueFrom?: {
      readonly configMapKeyRef?: KeyRef;
      readonly secretKeyRef?: KeyRef;
      readonly [unknown: string]: unknown;
    };
    readonly [unknown: string]: unknown;
  }[];
  readonly envFrom?: readonly {
    readonly configMapRef?: KeyRef;
    readonly secretRef?: KeyRef;
    readonly [unknown: string]: unknown;
  }[];
  readonly volumeMounts?: readonly {
    readonly name: string;
    readonly subPath?: string;
    readonly subPathExpr?: string;
    readonly [unknown: string]: unknown;
  }[];
  readonly [unknown: string]: unknown;
}

/** A ConfigMap or Secret; with a key, one value of it. */
export interface KeyRef {
  readonly name?: string;
  readonly key?: string;
}

/** Files for the containers that mount them, from one source or from several. */
export interface Volume extends VolumeSource {
  readonly name: string;
  readonly projected?: { readonly sources?: readonly VolumeSource[] };
}

/** A source of files. */
export interface VolumeSource {
  readonly configMap?: ObjectFiles;
  readonly secret?: ObjectFiles;
  readonly [unknown: string]: unknown;
}

/** A ConfigMap or Secret as files: all of its keys, or the items. `secretName` names the Secret of a volume. */
export interface ObjectFiles {
  readonly name?: string;
  readonly secretName?: string;
  readonly items?: readonly { readonly key: string; readonly [unknown: string]: unknown }[];
}

/** By how much a rolling update may differ from the wanted number of pods. */
interface RollingUpdate {
  maxUnavailable?: number | string;
  maxSurge?: number | string;
}

/** How native control replaces pods. */
export interface DeploymentStrategy {
  type?: "RollingUpdate" | "Recreate";
  rollingUpdate?: RollingUpdate | null;
}

/** The labels that an object must have; all terms count. */
export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: LabelExpression[];
  [unknown: string]: unknown;
}

/** One term of a LabelSelector about one key; `values` belongs to In and NotIn. */
export interface LabelExpression {
  key: string;
  operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  values?: string[];
}

/** The spec of a Deployment. */
export interface DeploymentSpec {
  replicas?: number;
  paused?: boolean;
  minReadySeconds?: number;
  progressDeadlineSeconds?: number;
  revisionHistoryLimit?: number;
  strategy?: DeploymentStrategy;
  selector: LabelSelector;
  template: PodTemplate;
  [unknown: string]: unknown;
}

/** A Deployment as the API server stores it. */
export interface Deployment extends Known {
  spec: DeploymentSpec;
  status?: {
    observedGeneration?: number;
    replicas?: number;
    updatedReplicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    conditions?: Condition[];
    [unknown: string]: unknown;
  };
}

/** One version of a Deployment. */
export interface ReplicaSet extends Known {
  spec: { replicas?: number; template: PodTemplate; [unknown: string]: unknown };
  status?: {
    replicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    observedGeneration?: number;
    conditions?: Condition[];
    [unknown: string]: unknown;
  };
}

/** The kubelet's report on a container. */
export interface ContainerStatus {
  name: string;
  ready?: boolean;
  restartCount?: number;
  state?: { waiting?: { reason?: string; message?: string }; terminated?: Terminated };
  lastState?: { terminated?: Terminated };
}

/** How a container ended. */
export interface Terminated {
  exitCode: number;
  reason?: string;
}

/** A pod as the API server stores it. */
export interface Pod extends Known {
  spec?: {
    nodeName?: string;
    containers?: Pick<Container, "ports">[];
    initContainers?: { name: string; restartPolicy?: string }[];
  };
  status?: {
    phase?: string;
    reason?: string;
    message?: string;
    conditions?: Condition[];
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
}
