import type { FieldTable } from "../fields.ts";

const ISTIO = "Istio's own objects route requests by this: replace them by the HTTPRoute";
const NO_SUCH_SERVICE =
  "Serin has no Service of that kind: its canary Service copies the labels and annotations of yours";

/** What becomes of each field of a Canary. */
export const canaryFields: FieldTable = {
  "spec.provider": { fate: "differs", says: "Serin shifts traffic by the Gateway API whatever this says" },
  "spec.metricsServer": {
    fate: "not",
    says: "the controller's `--prometheus`, or a provider and `serin.dev/prometheus`",
  },
  "spec.targetRef": {
    fate: "carried",
    says: "the Deployment that gets the annotations; another kind cannot be carried",
  },
  "spec.autoscalerRef": {
    fate: "carried",
    says: "nothing to write: the autoscaler keeps its target; a ScaledObject loses `autoscaling.keda.sh/paused-replicas`",
    covers: ["apiVersion", "kind", "name"],
  },
  "spec.autoscalerRef.primaryScalerQueries": { fate: "not", says: "there is no second autoscaler" },
  "spec.autoscalerRef.primaryScalerReplicas": {
    fate: "not",
    says: "there is no second autoscaler: set the limits in the first one",
  },
  "spec.ingressRef": { fate: "not", says: "Serin changes no Ingress: replace it by the HTTPRoute" },
  "spec.routeRef": { fate: "not", says: "Serin changes no ApisixRoute: replace it by the HTTPRoute" },
  "spec.upstreamRef": { fate: "not", says: "Serin changes no Upstream: replace it by the HTTPRoute" },
  "spec.progressDeadlineSeconds": {
    fate: "carried",
    says: "the Deployment's `spec.progressDeadlineSeconds`",
  },
  "spec.skipAnalysis": {
    fate: "differs",
    says: "`true`: no annotation, so that Kubernetes updates the Deployment natively",
  },
  "spec.revertOnDeletion": { fate: "differs", says: "not needed: at rest, Serin leaves nothing to revert" },
  "spec.suspend": { fate: "not", says: "`kubectl rollout pause`, or remove `serin.dev/rollout`" },

  "spec.service": { fate: "carried", says: "the Service" },
  "spec.service.name": { fate: "carried", says: "the names of the Service and the HTTPRoute" },
  "spec.service.port": {
    fate: "carried",
    says: "the Service's port, and the port of the HTTPRoute's backendRef",
  },
  "spec.service.portName": { fate: "carried", says: "the name of the Service's port" },
  "spec.service.targetPort": { fate: "carried", says: "the Service's `targetPort`" },
  "spec.service.appProtocol": { fate: "carried", says: "the Service's `appProtocol`" },
  "spec.service.trafficDistribution": { fate: "carried", says: "the Service's `trafficDistribution`" },
  "spec.service.portDiscovery": {
    fate: "carried",
    says: "the Service's further ports, if the Deployment is among the files",
  },
  "spec.service.headless": {
    fate: "carried",
    says: "the Service's `clusterIP: None`, which no gateway needs",
  },
  "spec.service.apex": { fate: "carried", says: "the metadata of the Service and of the HTTPRoute" },
  "spec.service.primary": { fate: "not", says: NO_SUCH_SERVICE },
  "spec.service.canary": { fate: "not", says: NO_SUCH_SERVICE },
  "spec.service.unmanagedMetadata": { fate: "differs", says: "not needed: Serin removes nobody's metadata" },
  "spec.service.hosts": { fate: "carried", says: "the HTTPRoute's `hostnames`" },
  "spec.service.gatewayRefs": { fate: "carried", says: "the HTTPRoute's `parentRefs`" },
  "spec.service.gateways": {
    fate: "not",
    says: "name a Gateway of the Gateway API in the HTTPRoute's `parentRefs`",
  },
  "spec.service.timeout": { fate: "carried", says: "the HTTPRoute's `timeouts.request`" },
  "spec.service.backendTimeout": { fate: "carried", says: "the HTTPRoute's `timeouts.backendRequest`" },
  "spec.service.match": {
    fate: "carried",
    says: "the HTTPRoute's `matches`",
    covers: ["uri", "method", "headers", "queryParams"],
  },
  "spec.service.match[].name": { fate: "not", says: "a match of an HTTPRoute has no name" },
  "spec.service.match[].scheme": {
    fate: "not",
    says: "the listener of the Gateway decides about the scheme",
  },
  "spec.service.match[].authority": { fate: "not", says: "use the HTTPRoute's `hostnames`" },
  "spec.service.match[].port": {
    fate: "not",
    says: "use `port` or `sectionName` of the HTTPRoute's `parentRefs`",
  },
  "spec.service.match[].ignoreUriCase": { fate: "not", says: "use a path with a regular expression" },
  "spec.service.match[].withoutHeaders": { fate: "not", says: "the Gateway API has no negative match" },
  "spec.service.match[].sourceLabels": { fate: "not", says: "the Gateway API does not know the sender" },
  "spec.service.match[].sourceNamespace": { fate: "not", says: "the Gateway API does not know the sender" },
  "spec.service.match[].gateways": { fate: "not", says: "use the HTTPRoute's `parentRefs`" },
  "spec.service.rewrite": { fate: "carried", says: "the HTTPRoute's filter `URLRewrite`" },
  "spec.service.headers": { fate: "carried", says: "the HTTPRoute's filters for headers" },
  "spec.service.mirror": { fate: "carried", says: "the HTTPRoute's filters `RequestMirror`" },
  "spec.service.corsPolicy": {
    fate: "carried",
    says: "the HTTPRoute's filter `CORS`, if your Gateway API has it",
    covers: ["allowOrigin", "allowMethods", "allowHeaders", "exposeHeaders", "allowCredentials", "maxAge"],
  },
  "spec.service.corsPolicy.allowOrigins": {
    fate: "not",
    says: "Flagger drops it on the Gateway API, too: use `allowOrigin`",
  },
  "spec.service.retries": { fate: "differs", says: "Flagger ignores it on the Gateway API, too" },
  "spec.service.delegation": { fate: "not", says: ISTIO },
  "spec.service.trafficPolicy": {
    fate: "not",
    says: "keep it in a DestinationRule of your own, or in a policy of your gateway",
  },
  "spec.service.meshName": { fate: "not", says: "Serin does not support App Mesh" },
  "spec.service.backends": { fate: "not", says: "Serin does not support App Mesh" },

  "spec.analysis": { fate: "carried", says: "the annotations" },
  "spec.analysis.interval": { fate: "carried", says: "`serin.dev/interval`" },
  "spec.analysis.threshold": {
    fate: "differs",
    says: "no counterpart: a sequential test rolls back when the evidence is enough, not after a number of failed checks",
  },
  "spec.analysis.maxWeight": { fate: "carried", says: "the last weight of `serin.dev/steps`" },
  "spec.analysis.stepWeight": { fate: "carried", says: "`serin.dev/steps`" },
  "spec.analysis.stepWeights": { fate: "carried", says: "`serin.dev/steps`" },
  "spec.analysis.stepWeightPromotion": {
    fate: "differs",
    says: "not needed: the judged pods stay, and the rolling update replaces the others",
  },
  "spec.analysis.iterations": {
    fate: "differs",
    says:
      "with `match`: `serin.dev/iterations` of an ab-test; without: blue-green, whose `serin.dev/steps` last as long. Flagger " +
      "judges before the switch, by a load test; Serin after it, by the users, with the old version ready",
  },
  "spec.analysis.match": {
    fate: "carried",
    says: "`serin.dev/match` of an ab-test",
    covers: ["headers", "queryParams"],
  },
  "spec.analysis.match[].sourceLabels": {
    fate: "not",
    says: "a gateway does not know the sender: choose the users by a header",
  },
  "spec.analysis.mirror": {
    fate: "carried",
    says: "`serin.dev/mirror: 100%`, if your gateway copies requests",
  },
  "spec.analysis.mirrorWeight": { fate: "carried", says: "the percentage of `serin.dev/mirror`" },
  "spec.analysis.sessionAffinity": { fate: "carried", says: "`serin.dev/sticky`" },
  "spec.analysis.sessionAffinity.maxAge": { fate: "carried", says: "`serin.dev/sticky`, at most 168h" },
  "spec.analysis.sessionAffinity.cookieName": { fate: "not", says: "Serin names its cookie itself" },
  "spec.analysis.sessionAffinity.primaryCookieName": {
    fate: "differs",
    says: "not needed: the one cookie keeps users on either version",
  },
  "spec.analysis.sessionAffinity.domain": { fate: "not", says: "Serin's cookie has no domain" },
  "spec.analysis.sessionAffinity.path": { fate: "not", says: "Serin's cookie has no path of your choice" },
  "spec.analysis.sessionAffinity.sameSite": { fate: "not", says: "Serin sets it itself" },
  "spec.analysis.sessionAffinity.secure": { fate: "not", says: "Serin sets it itself" },
  "spec.analysis.sessionAffinity.httpOnly": { fate: "not", says: "Serin sets it itself" },
  "spec.analysis.sessionAffinity.partitioned": { fate: "not", says: "Serin's cookie is not partitioned" },
  "spec.analysis.primaryReadyThreshold": {
    fate: "differs",
    says: "not needed: there is no second Deployment to wait for",
  },
  "spec.analysis.canaryReadyThreshold": { fate: "not", says: "Serin waits for all pods of the canary" },
  "spec.analysis.metrics": { fate: "carried", says: "`serin.dev/checks`" },
  "spec.analysis.metrics[].name": {
    fate: "carried",
    says: "a built-in check, or the name of an inline query's template",
  },
  "spec.analysis.metrics[].interval": {
    fate: "carried",
    says: "`interval` of the template; the built-in checks count all requests of the canary",
  },
  "spec.analysis.metrics[].thresholdRange": { fate: "carried", says: "the limits in `serin.dev/checks`" },
  "spec.analysis.metrics[].threshold": { fate: "carried", says: "the limit in `serin.dev/checks`" },
  "spec.analysis.metrics[].query": { fate: "carried", says: "a metric template" },
  "spec.analysis.metrics[].templateRef": { fate: "carried", says: "a metric template: a ConfigMap" },
  "spec.analysis.metrics[].templateVariables": { fate: "carried", says: "`variables` of the template" },
  "spec.analysis.webhooks": {
    fate: "carried",
    says: "`serin.dev/hooks`",
    covers: ["name", "type", "url", "timeout", "retries", "metadata", "disableTLS"],
  },
  "spec.analysis.webhooks[].muteAlert": { fate: "differs", says: "not needed: a hook sends no alert" },
  "spec.analysis.alerts": { fate: "not", says: "use `serin.dev/notify`: docs/notifications.md" },
};
