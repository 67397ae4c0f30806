#!/bin/sh
# Prints the ACL file of users.acl.template. Takes GATEWAY_PASSWORD, ACCOUNTS_PASSWORD, ORDERS_PASSWORD, WORKER_PASSWORD,
# REPLICATION_PASSWORD, SENTINEL_PASSWORD and OPERATOR_PASSWORD: 16 or more characters each, from A-Z a-z 0-9 _ and -.
set -eu

digest() {
  if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -d ' ' -f 1
}

passwords=''
for user in gateway accounts orders worker replication sentinel operator; do
  variable="$(printf %s "$user" | tr '[:lower:]' '[:upper:]')_PASSWORD"
  eval "password=\${$variable:-}"
  case "$password" in
    *[!A-Za-z0-9_-]*) echo "$variable has characters other than A-Z a-z 0-9 _ -" >&2; exit 1 ;;
    ????????????????*) ;;
    *) echo "$variable needs 16 or more characters" >&2; exit 1 ;;
  esac
  passwords="$passwords;s/^user $user on/& #$(printf %s "$password" | digest)/"
done

template="$(dirname "$0")/users.acl.template"
sed -e '/^#/d' -e '/^$/d' -e "${passwords#;}" "$template" |
  awk '/^user/ && NR > 1 { print "" } { sub(/^ +/, " "); printf "%s", $0 } END { print "" }'
