/** What a browser shows for an invitation's link. The code stays behind the `#`, in the browser; the page loads nothing and sends nothing. */
export const invitePage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><title>An invitation</title>
<style>
body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
pre{font:13px/1.5 ui-monospace,monospace;background:#f5f5f5;padding:.8rem;overflow:auto;border-radius:6px}
@media(prefers-color-scheme:dark){body{background:#111;color:#eee}pre{background:#1d1d1d}}
</style></head><body><h1>You are invited</h1>
<p>Accept with the command line tool <code>sfp</code>:</p><pre>sfp invitation accept</pre>
<p>and paste the link of this page when it asks for it. Who holds the link can accept it: give it to nobody.</p>
</body></html>
`;
