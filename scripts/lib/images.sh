# shellcheck shell=bash
# What the scripts for images share: asking for Docker, and the size of what an image holds.
# The script that reads this file has set `program` (its own name).
: "${program:?}"

# Ends the script in one line when there is no Docker to work with.
require_docker() {
  local why=''
  if ! command -v docker >/dev/null; then
    why='Docker is missing'
  elif ! docker version >/dev/null 2>&1; then
    why='Docker does not answer (is it started, and may this user ask it?)'
  elif ! docker compose version >/dev/null 2>&1; then
    why='Docker has no Compose plugin'
  fi
  [[ -z $why ]] || { echo "$program: $why; https://docs.docker.com/engine/install/ tells how to get it" >&2 && exit 2; }
}

# The tar file of everything in an image, as a container sees it. What Docker reports as size depends on how it stores.
export_image() {
  local container status=0
  container=$(docker create "$1")
  docker export "$container" || status=$?
  docker rm "$container" >/dev/null
  return "$status"
}

# Bytes of all files in an image.
image_bytes() {
  export_image "$1" | tar --list --verbose | awk '{ bytes += $3 } END { print bytes + 0 }'
}

# Bytes as MB with one decimal; 1 MB is 1,000,000 bytes.
megabytes() {
  awk -v bytes="$1" 'BEGIN { printf "%.1f MB\n", bytes / 1000000 }'
}
