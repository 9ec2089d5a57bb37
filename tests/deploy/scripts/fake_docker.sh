#!/bin/sh
# Records what it is told; fails to build where FAKE_DOCKER_FAILS is set, and to start anything by compose. An image holds
# what is in the folder of its name in FAKE_IMAGES, and is described by the file of this name with .json.
echo "docker ${DOCKER_HOST:-local} $*" >>"$FAKE_LOG"
[ -z "${FAKE_DOCKER_FAILS:-}" ] || exit 1
case "$*" in
  create\ *) echo "$2" ;;
  export\ *) cd "$FAKE_IMAGES/${2%%:*}" && tar --create --owner=65532 --group=65532 -- * ;;
  image\ inspect\ *) cat "$FAKE_IMAGES/${3%%:*}.json" ;;
  compose\ *\ up\ *) exit 1 ;;
esac
