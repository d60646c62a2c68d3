#!/bin/sh
# What the chaos suite needs beside the cluster: both versions of helm, built from their Go modules.
exec sh "$(dirname "$0")/../cluster/setup.sh" helm3 helm4
