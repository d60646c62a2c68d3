#!/bin/sh
# Runs a command in a root of its own: this machine's files, with the given files and folders mounted over them. Places that
# this machine lacks are made in that root only. The caller has made a fresh namespace for mounts.
# usage: image.sh USER "SOURCE=PLACE …" COMMAND…
set -eu
user=$1 mounts=$2
shift 2

mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
root=/mnt/root
mount -t overlay overlay -o "lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work" "$root"
for folder in /proc /dev /sys; do mount --rbind "$folder" "$root$folder"; done
# As every pod has its own: an Envoy keeps a name there, which another user's process may hold.
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root$(readlink -f /var/run)"
for each in $mounts; do
    source=${each%%=*} place=${each#*=}
    case $place in /var/run/*) place=$(readlink -f /var/run)${place#/var/run} ;; esac
    if [ -d "$source" ]; then mkdir -p "$root$place"; else mkdir -p "$root$(dirname "$place")" && touch "$root$place"; fi
    mount --bind "$source" "$root$place"
done
# Names come from /etc/hosts alone. A program that asks a name server as well gets a refusal at once, and not silence.
rm -f "$root/etc/resolv.conf" "$root/etc/nsswitch.conf"
printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' >"$root/etc/resolv.conf"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
cd "$root"
export PATH=/usr/local/bin:/usr/bin:/bin
exec /usr/sbin/chroot "$root" setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs \
    --bounding-set=-all --inh-caps=-all -- "$@"
