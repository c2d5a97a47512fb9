/** What becomes a row of `net._http_response`. A transport failure has a message and nothing else. */
export interface Outcome {
  statusCode: number | null;
  contentType: string | null;
  headers: Record<string, string> | null;
  content: string | null;
  timedOut: boolean;
  errorMsg: string | null;
}

export const failed = (errorMsg: string, timedOut = false): Outcome => ({
  statusCode: null,
  contentType: null,
  headers: null,
  content: null,
  timedOut,
  errorMsg,
});

/** libcurl's words (curl_easy_strerror), because that is what code written for pg_net looks for. */
export const curlMessage = {
  unsupportedProtocol: 'Unsupported protocol',
  couldNotResolve: 'Could not resolve hostname',
  couldNotConnect: 'Could not connect to server',
  nothingReturned: 'Server returned nothing (no headers, no data)',
  partialFile: 'Transferred a partial file',
  sendFailed: 'Failed sending data to the peer',
  receiveFailed: 'Failure when receiving data from the peer',
  tooManyRedirects: 'Number of redirects hit maximum amount',
  badCertificate: 'SSL peer certificate or SSH remote key was not OK',
  tlsFailed: 'SSL connect error',
  badArgument: 'A libcurl function was given a bad argument',
  tooLarge: 'Maximum file size exceeded',
} as const;

const byCode: Readonly<Record<string, string>> = {
  ENOTFOUND: curlMessage.couldNotResolve,
  EAI_AGAIN: curlMessage.couldNotResolve,
  EAI_FAIL: curlMessage.couldNotResolve,
  EAI_NONAME: curlMessage.couldNotResolve,
  ECONNREFUSED: curlMessage.couldNotConnect,
  EHOSTUNREACH: curlMessage.couldNotConnect,
  ENETUNREACH: curlMessage.couldNotConnect,
  EADDRNOTAVAIL: curlMessage.couldNotConnect,
  ETIMEDOUT: curlMessage.couldNotConnect,
  EPIPE: curlMessage.sendFailed,
  EPROTO: curlMessage.tlsFailed,
  ERR_INVALID_CHAR: curlMessage.badArgument,
  ERR_INVALID_HTTP_TOKEN: curlMessage.badArgument,
  ERR_UNESCAPED_CHARACTERS: curlMessage.badArgument,
  ERR_TLS_CERT_ALTNAME_INVALID: curlMessage.badCertificate,
  HOSTNAME_MISMATCH: curlMessage.badCertificate,
};

/** Translates what Node reports for a failed exchange. */
export function messageOf(error: unknown): string {
  // Several addresses were tried (localhost): all failed, the first says how.
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const text = error instanceof Error ? error.message : String(error);
  if (code === 'ECONNRESET') {
    if (text === 'aborted') return curlMessage.partialFile;
    return text === 'socket hang up' ? curlMessage.nothingReturned : curlMessage.receiveFailed;
  }
  const known = byCode[code];
  if (known !== undefined) return known;
  if (code.startsWith('HPE_')) return curlMessage.unsupportedProtocol;
  if (/CERT|SELF_SIGNED|UNABLE_TO_/.test(code)) return curlMessage.badCertificate;
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS')) return curlMessage.tlsFailed;
  return text;
}
