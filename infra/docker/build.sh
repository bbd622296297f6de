#!/bin/sh
# Makes the JavaScript of the packages that images carry: Node refuses to strip types under node_modules, where a
# deployed workspace package lies. Types are judged by `pnpm check`; here each package is only emitted, by itself.
set -eu
cd "$(dirname "$0")/../.."
for package in protocol core dialects node-kit store-postgres presence-redis fanout-socketio files-disk api-node socket-node; do
  config="packages/$package/tsconfig.build.json"
  echo '{ "extends": "../../infra/docker/tsconfig.emit.json" }' >"$config"
  echo "building $package"
  node_modules/.bin/tsc -p "$config"
  rm "$config"
  # What browsers run is served as it stands.
  (cd "packages/$package/src" && find . -name '*.js' -exec cp {} ../dist/{} ';')
done
