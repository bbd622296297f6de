#!/usr/bin/env bash
# What we take from others: as the lockfile says, of licences that we may pass on, without known holes.
# `check.sh [folder]` leaves sbom.json and licences.json in the folder (.parley/supply-chain). Exit codes: 0 well, 1 a
# finding, 75 (EX_TEMPFAIL) when the registry could not be asked for holes and everything else is well.
set -u
cd "$(dirname "$0")/../.."
out="${1:-.parley/supply-chain}"
here=infra/supply-chain
mkdir -p "$out"
pnpm() { npx --yes --prefer-offline pnpm@12 "$@" 2>"$out/said"; }
refuse() { cat "$out/said"; echo "✗ $1"; exit 1; }

pnpm install --frozen-lockfile --ignore-scripts >/dev/null || refuse 'pnpm-lock.yaml does not say what package.json asks for: pnpm install, and commit it'
echo '✓ the lockfile is frozen'

pnpm sbom --prod --sbom-format cyclonedx --sbom-spec-version 1.6 --sbom-type application --out "$out/sbom.json" >/dev/null || refuse 'no SBOM'
pnpm -r licenses list --prod --json >"$out/licences.json" || refuse 'licences cannot be listed'
node "$here/licences.mjs" "$out/licences.json" "$here/licences.txt" || exit 1

exec node "$here/audit.mjs"
