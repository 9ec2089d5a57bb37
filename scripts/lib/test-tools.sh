# shellcheck shell=bash
# Finds the programs that tests need. To be sourced by scripts, which find themselves in bash with `set -euo pipefail`.
#
# Each function prints where the program is, or nothing and fails.

# Directory of the server binaries of the newest PostgreSQL that is at least version 15.
find_postgres_bin() {
  local candidate version best='' best_version=14
  local -a candidates=(/usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql@*/bin)
  if command -v postgres >/dev/null; then
    candidates+=("$(dirname "$(readlink -f "$(command -v postgres)")")")
  fi
  for candidate in "${candidates[@]}"; do
    [[ -x $candidate/postgres && -x $candidate/initdb && -x $candidate/pg_ctl ]] || continue
    version=$("$candidate/postgres" --version | sed -n 's/^postgres (PostgreSQL) \([0-9]*\).*/\1/p')
    if ((${version:-0} > best_version)); then
      best=$candidate
      best_version=$version
    fi
  done
  [[ -n $best ]] && printf '%s\n' "$best"
}

# Chromium or Chrome; CHROMIUM_PATH goes before what is in PATH.
find_chromium() {
  local name
  if [[ -n ${CHROMIUM_PATH:-} ]]; then
    [[ -x $CHROMIUM_PATH ]] && printf '%s\n' "$CHROMIUM_PATH"
    return
  fi
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name"; then
      return
    fi
  done
  return 1
}

# A program that Debian may keep in an sbin folder outside of PATH.
find_program() {
  PATH=$PATH:/usr/sbin:/sbin command -v "$1"
}

# Python 3.10 or newer that can make virtual environments: Debian keeps that part in a package of its own.
find_python_with_venv() {
  local python
  python=$(command -v python3) || return 1
  "$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || return 1
  printf '%s\n' "$python"
}

# Where test tools that no package of the system brings are kept: beside what is built.
test_tools_folder() {
  local target=${CARGO_TARGET_DIR:-target}
  mkdir -p "$target"
  printf '%s/test-tools\n' "$(realpath "$target")"
}

# A kubectl that brings Kustomize 5; KUBECTL goes before what is in PATH. Debian 12 has one with Kustomize 2, which cannot
# read components.
find_kubectl() {
  local candidate version
  for candidate in "${KUBECTL:-}" "$(command -v kubectl || true)" "$(test_tools_folder)/kubectl"; do
    [[ -n $candidate ]] || continue
    version=$("$candidate" version --client --output json 2>/dev/null | sed -n 's/.*"kustomizeVersion": *"v\([0-9]*\)\..*/\1/p')
    if ((${version:-0} >= 5)); then
      printf '%s\n' "$candidate"
      return
    fi
  done
  return 1
}
