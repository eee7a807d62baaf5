#!/bin/sh
# Creates what Tsukigime needs inside Temporal; `tsukigime doctor` checks the same list. A failure
# ends the script, and compose starts it again: right after its start a server refuses for a while.
set -eu
: "${TEMPORAL_ADDRESS:?}" "${TEMPORAL_NAMESPACE:?}"
export TEMPORAL_ADDRESS TEMPORAL_NAMESPACE

temporal operator cluster health

# A billing cycle stays open for up to 60 days and its retries; what ended can be read for 90 days.
if temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  temporal operator namespace update --namespace "$TEMPORAL_NAMESPACE" --retention 90d
else
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 90d
fi

# Attributes that exist are left as they are; the namespace's cache needs some seconds to show a new
# namespace, hence the second try.
create_attributes() {
  for name in Merchant BillingMonth Stage; do
    temporal operator search-attribute create --name "$name" --type Keyword || return 1
  done
  temporal operator search-attribute create --name Attention --type Bool || return 1
}
create_attributes || { sleep 15 && create_attributes; }
