# shellcheck shell=bash
# Makes secrets. To be sourced.

# 192 bits, as letters and digits that need no quotes in a file or an address.
random_secret() {
  od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
}
