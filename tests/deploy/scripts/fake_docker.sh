#!/bin/sh
# Records what it is told; fails to build where FAKE_DOCKER_FAILS is set.
echo "docker ${DOCKER_HOST:-local} $*" >>"$FAKE_LOG"
[ -z "${FAKE_DOCKER_FAILS:-}" ]
