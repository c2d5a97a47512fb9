/** A step that writes what it was given in every spelling that programs have for it. */
const tell = `|
      printf 'plain %s and %s\\n' "$PASSWORD" "$TOKEN"
      printf '%s' "$PASSWORD" | base64 -w0 >&2; echo >&2
      printf '%s' "$PASSWORD" | base64
      printf 'user:%s' "$PASSWORD" | base64 -w0; echo
      printf 'me:%s' "$PASSWORD" | base64 -w0; echo
      printf '%s' "$PASSWORD" | od -An -v -tx1 | tr -d ' \\n'; echo
      printf 'https://%s@host.test/ Authorization: Bearer %s\\n' "$TOKEN" "$TOKEN"
      node -e '
        const of = (s) => console.log([encodeURIComponent(s), encodeURIComponent(s).replace(/%../g, (e) => e.toLowerCase()),
          JSON.stringify({ s }), JSON.stringify(JSON.stringify({ s })), String(new URLSearchParams({ s })),
          Buffer.from(s).toString("hex").toUpperCase(), Buffer.from(s).toString("base64url")].join(" "));
        of(process.env.PASSWORD); of(process.env.TOKEN);'
      set -x; : "$TOKEN"; set +x
      sleep 1 # to be seen among the processes`;

/** Build and deployment tell; the verification of `broken` fails while it tells. */
export const tellingProject = `version: 1
build:
  - name: tell
    run: ${tell}
    credentials: { PASSWORD: password, TOKEN: account-token }
  - name: keep
    run: mkdir -p out; echo kept > out/kept
artifacts:
  - out/kept
deploy:
  - name: tell
    run: ${tell}
    credentials: { PASSWORD: password, TOKEN: account-token }
verify:
  - name: tell of the secret variable
    run: echo "is $VARIABLE" >&2; [ "$SFP_ENVIRONMENT" != broken ]
`;
