#!/bin/sh
# Builds what the chaos suite needs in addition to the cluster: helm 3, Flagger and Argo Rollouts, and the
# manifests that both publish, from their Go modules.
exec sh "$(dirname "$0")/../cluster/setup.sh" helm3 flagger argo_rollouts rival_manifests
