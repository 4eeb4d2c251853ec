#!/usr/bin/env bash
# Gets the other versions of Prometheus that the tests scrape with: prometheus-2.53, prometheus-3.5 and
# prometheus-3.16. The system's own package (Debian 12: 2.42) stays as it is.
#
# usage: install.sh DIR    (the programs come to DIR; what is there already stays)
#
# 2.53 and 3.5 are those of Debian 13 and of unstable, unpacked from packages of the system's own
# source; a suite may have moved on, so ask a program for its version. 3.16 is built from its Go module
# with what go.mod and go.sum here pin, in about four minutes, or seconds where Go still has its parts.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "${1:?usage: install.sh DIR}"
bin=$(cd "$1" && pwd)

runs() { [ -x "$bin/$1" ] && "$bin/$1" --version >/dev/null 2>&1; }

# The Prometheus of a suite of Debian as a program NAME. apt gets lists and a cache of its own, so the
# system's choice of packages does not change.
debian() {
    local name=$1 suite=$2
    runs "$name" && return
    local source
    source=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1)
    [ -n "$source" ] || { echo "$name: no package source of Debian is configured, or not read yet" >&2; return 1; }
    local apt
    apt=$(mktemp -d)
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/root"
    # An own sandbox user could not read the folder.
    printf '%s\n' "Dir::State::Lists \"$apt/lists\";" "Dir::Cache \"$apt/cache\";" \
        "Dir::Etc::SourceList \"$apt/list\";" "Dir::Etc::SourceParts \"/dev/null\";" \
        'APT::Sandbox::User "root";' 'Acquire::Languages "none";' >"$apt/conf"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $source $suite main" >"$apt/list"
    (
        cd "$apt"
        export APT_CONFIG="$apt/conf"
        apt-get update -qq
        apt-get download -qq prometheus
        dpkg-deb -x prometheus_*.deb root
    )
    mv "$apt/root/usr/bin/prometheus" "$bin/$name"
    rm -rf "$apt"
}

# A fixed version, as a Go module.
module() {
    local name=$1
    runs "$name" && return
    command -v go >/dev/null || { echo "$name: go is not on PATH" >&2; return 1; }
    # Discovery of clouds is most of the program, and no test needs it. Modules of 3.16.0 are called
    # v0.316.0, and the program knows its version only if it is linked in.
    (
        cd "$here"
        version=$(go list -mod=readonly -m -f '{{.Version}}' github.com/prometheus/prometheus)
        version=$(sed -E 's/^v0\.([0-9])0?([0-9]+)\./\1.\2./' <<<"$version")
        go build -mod=readonly -buildvcs=false -trimpath -tags remove_all_sd \
            -ldflags "-X github.com/prometheus/common/version.Version=$version" \
            -o "$bin/$name" github.com/prometheus/prometheus/cmd/prometheus
    )
}

debian prometheus-2.53 trixie
debian prometheus-3.5 sid
module prometheus-3.16
for name in prometheus-2.53 prometheus-3.5 prometheus-3.16; do
    echo "$name: $("$bin/$name" --version 2>&1 | head -n 1)"
done
