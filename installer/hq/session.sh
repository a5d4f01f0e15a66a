#!/bin/sh
# Talks to headquarters' server as a site does, with curl and openssl alone: the protocol, written down so that it runs.
# session.sh URL CA.pem DEVICE-KEY.pem SITE-ID HQ-ID PACKAGE.fgpkg PACKAGE-ID RECEIPT-FILE
set -eu
url=$1 ca=$2 key=$3 site=$4 hq=$5 package=$6 id=$7 receipt=$8
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: > "$work/nothing"

# 1. Whoever is not known gets 401 and a challenge; it is good for an hour by headquarters' clock.
challenge=$(curl -sS --cacert "$ca" -o /dev/null -D - "$url/v1/feed" | tr -d '\r' |
    sed -n 's/^[Ww][Ww][Ww]-[Aa]uthenticate: Fengge challenge=//p')

# 2. Every request is signed with the device's Ed25519 key: METHOD TARGET BODY-FILE ANSWER-FILE, prints the status.
ask() {
    digest=$(openssl dgst -sha256 -r "$3" | cut -c1-64)
    printf 'fengge http\n%s\n%s\n%s\n%s\n%s' "$hq" "$challenge" "$1" "$2" "$digest" > "$work/message"
    openssl pkeyutl -sign -rawin -inkey "$key" -in "$work/message" -out "$work/signature"
    signature=$(openssl base64 -A -in "$work/signature" | tr '+/' '-_' | tr -d =)
    base64=$(openssl dgst -sha256 -binary "$3" | openssl base64 -A)
    set -- "$@" -X "$1"
    [ -s "$3" ] && set -- "$@" --data-binary "@$3" -H "Content-Type: application/vnd.fengge.package"
    target=$2 answer=$4
    shift 4
    curl -sS --cacert "$ca" -o "$answer" -w '%{http_code}' "$@" "$url$target" \
        -H "Authorization: Fengge $site.$challenge.$signature" \
        -H "Content-Digest: sha-256=:$base64:"
}

# 3. The package goes up: 200 brings its sealed receipt, 202 says that it is safe and will be taken before long.
status=$(ask POST /v1/packages "$package" "$receipt")
echo "post $status"
while [ "$status" = 202 ]; do
    sleep 1
    status=$(ask GET "/v1/packages/$id/receipt" "$work/nothing" "$receipt")
    echo "receipt $status"
done

# 4. The same receipt can be fetched again at any time.
echo "again $(ask GET "/v1/packages/$id/receipt" "$work/nothing" "$work/again")"
