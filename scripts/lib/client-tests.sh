# shellcheck shell=bash
# What the tests with official clients share: a folder of their own, servers that end with them, quiet installations.
#
# The script that sources this finds `folder` afterwards.

readonly START_LIMIT_SECONDS=60
servers=()
folder=$(mktemp -d "${TMPDIR:-/tmp}/dashly-clients.XXXXXX")

fail() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

# shellcheck disable=SC2317,SC2329 # called by the trap
clean_up() {
  local status=$?
  trap '' INT TERM
  trap - EXIT
  if ((${#servers[@]} > 0)); then
    kill -TERM "${servers[@]}" 2>/dev/null || true
    wait "${servers[@]}" 2>/dev/null || true
  fi
  rm -rf "$folder"
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# start_server HOME PATTERN COMMAND…: starts a server in the folder HOME, waits until its output matches PATTERN, whose
# first group is the port, and sets `url`.
start_server() {
  local home=$1 pattern=$2 deadline=$((SECONDS + START_LIMIT_SECONDS)) port=''
  shift 2
  "$@" >"$home/output" 2>&1 </dev/null &
  servers+=($!)
  while [[ -z $port ]]; do
    if ! kill -0 "${servers[-1]}" 2>/dev/null || ((SECONDS >= deadline)); then
      cat "$home/output" >&2
      fail "the server did not start; its output is above"
    fi
    sleep 0.05
    port=$(sed -n "s|$pattern|\1|p" "$home/output" | head -n 1)
  done
  # shellcheck disable=SC2034 # read by the script that sources this
  url=http://127.0.0.1:$port
}

# quietly COMMAND…: shows its output only when it fails.
quietly() {
  "$@" >"$folder/install.log" 2>&1 </dev/null || {
    cat "$folder/install.log" >&2
    fail "failed: $*"
  }
}

# install_clients CLIENTS PYTHON: copies the folder CLIENTS into ours, so that nothing is installed into the sources, and
# installs what its js and python parts need, in pinned versions.
install_clients() {
  cp -R "$1"/. "$folder"
  quietly npm --prefix "$folder/js" ci --ignore-scripts --no-audit --no-fund
  quietly "$2" -m venv "$folder/venv"
  quietly "$folder/venv/bin/pip" install --require-hashes --only-binary :all: --disable-pip-version-check \
    --requirement "$folder/python/requirements.txt"
}

# The servers are on this machine, whatever else goes through a proxy.
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
