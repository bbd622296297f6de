#!/bin/bash
# Builds the manifests and holds them to the schemas of Kubernetes, without a cluster and without a network but Go's
# modules: infra/kubernetes/check.sh [version of Kubernetes ...]
# kustomize and kubectl-validate come from PATH, else they are built once with Go into the cache.
set -euo pipefail
cd "$(dirname "$0")"

cache=${XDG_CACHE_HOME:-$HOME/.cache}/parley

tool() { # name, module, version, package
  command -v "$1" && return
  local target=$cache/$1-$3
  if [ ! -x "$target" ]; then
    echo "building $1 $3 with Go into $target (once)" >&2
    mkdir -p "$cache"
    local dir
    dir=$(mktemp -d)
    printf 'module parley/%s\n\ngo 1.24\n\nrequire %s %s\n' "$1" "$2" "$3" >"$dir/go.mod"
    (cd "$dir" && go build -mod=mod -o "$target" "$4")
    rm -r "$dir"
  fi
  echo "$target"
}

kustomize=$(tool kustomize sigs.k8s.io/kustomize/kustomize/v5 v5.6.0 sigs.k8s.io/kustomize/kustomize/v5)
validate=$(tool kubectl-validate sigs.k8s.io/kubectl-validate v0.0.4 sigs.k8s.io/kubectl-validate)

built=$(mktemp -d)
trap 'rm -r "$built"' EXIT
for folder in base try-out; do
  "$kustomize" build --load-restrictor LoadRestrictionsNone "$folder" >"$built/$folder.yaml"
done
for version in "${@:-1.30}"; do
  echo "Kubernetes $version"
  "$validate" --version "$version" "$built"
done
