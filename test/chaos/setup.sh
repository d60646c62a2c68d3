#!/bin/sh
# Builds what the chaos suite needs in addition to the cluster: helm 3, from its Go module.
exec sh "$(dirname "$0")/../cluster/setup.sh" helm3
