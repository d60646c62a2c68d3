import type { Condition, KubeObject as Known } from "./meta.ts";

export interface PodTemplate {
  metadata?: {
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    [unknown: string]: unknown;
  };
  spec?: Record<string, unknown>;
}

export interface RollingUpdate {
  maxUnavailable?: number | string;
  maxSurge?: number | string;
}

export interface Strategy {
  type?: "RollingUpdate" | "Recreate";
  rollingUpdate?: RollingUpdate | null;
}

/** Which labels an object must have; all terms count. */
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

export interface DeploymentSpec {
  replicas?: number;
  paused?: boolean;
  minReadySeconds?: number;
  progressDeadlineSeconds?: number;
  strategy?: Strategy;
  selector: LabelSelector;
  template: PodTemplate;
  [unknown: string]: unknown;
}

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

export interface ContainerStatus {
  name: string;
  ready?: boolean;
  restartCount?: number;
  state?: { waiting?: { reason?: string; message?: string } };
}

export interface Pod extends Known {
  status?: {
    phase?: string;
    conditions?: Condition[];
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
}
