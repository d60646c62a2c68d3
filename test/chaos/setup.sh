#!/bin/sh
# Builds what the chaos suite needs in addition to the cluster: both versions of helm, from their Go modules.
exec sh "$(dirname "$0")/../cluster/setup.sh" helm3 helm4
