#!/bin/sh
# Builds what the chaos suite needs in addition to the cluster: helm 3, Flagger and Argo Rollouts, from their Go modules.
exec sh "$(dirname "$0")/../cluster/setup.sh" helm3 flagger argo_rollouts
