#!/bin/sh
# Builds what the chaos suite needs in addition to the cluster: helm 3, cert-manager, Flagger and Argo Rollouts, and
# the manifests that the last two publish, from their Go modules.
exec sh "$(dirname "$0")/../cluster/setup.sh" helm3 cert_manager flagger argo_rollouts rival_manifests
