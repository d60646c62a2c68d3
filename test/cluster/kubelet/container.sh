#!/bin/sh
# Runs a command with the parts of an image and a pod that Serin needs: the repository (read-only, the working
# directory), node, the pod's name and /etc/hosts, and the service account's files. The caller has made fresh namespaces
# for mounts and for the host name; HOSTNAME is the pod's.
# usage: container.sh HOSTS SECRETS REPOSITORY NODE USER READONLY "EMPTY FOLDERS" COMMAND…
set -eu
hosts=$1 secrets=$2 repository=$3 node=$4 user=$5 readonly=$6 empty=$7
shift 7

run=$(readlink -f /var/run)
mount -t tmpfs -o mode=755 tmpfs "$run"
mkdir -p "$run/secrets/kubernetes.io/serviceaccount" "$run/app" "$run/bin"
touch "$run/bin/node"
mount --bind "$secrets" "$run/secrets/kubernetes.io/serviceaccount"
mount --bind -o ro "$repository" "$run/app"
mount --bind "$node" "$run/bin/node"
mount --bind "$hosts" /etc/hosts
for folder in $empty; do
    # Skips a folder that this machine does not have: creating it would leave a trace.
    [ ! -d "$folder" ] || mount -t tmpfs -o mode=1777 tmpfs "$folder"
done
echo "$HOSTNAME" >/proc/sys/kernel/hostname
[ "$readonly" != true ] || mount -o remount,bind,ro /

cd "$run/app"
export PATH="$run/bin:/usr/bin:/bin"
exec setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all -- "$@"
