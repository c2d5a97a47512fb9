import { hostname } from 'node:os';
import type { AuthApi } from '../../client/auth/auth-api.ts';
import type { Session } from '../../contracts/api/auth.ts';
import { SfpError } from '../../contracts/error.ts';
import { isLoginCode, loginLink } from '../../contracts/login-code.ts';
import { challengeOf, newVerifier } from '../../contracts/pkce.ts';
import type { CommandServices } from '../command.ts';
import { type Callback, listenForCallback } from './callback-listener.ts';
import { openBrowser } from './open-browser.ts';

type LoginServices = Pick<CommandServices, 'input' | 'output' | 'signal'>;

export interface BrowserLogin {
  /** The server's origin. */
  url: string;
  auth: Pick<AuthApi, 'exchangeLoginCode'>;
}

// As long as somebody may look for a password.
const waitMs = 300_000;

const begin = (url: string, redirect: { redirect_uri: string; state: string } | undefined) => {
  const verifier = newVerifier();
  const device = hostname().slice(0, 80) || 'this machine';
  const challenge = { code_challenge: challengeOf(verifier), code_challenge_method: 'S256' } as const;
  return { verifier, link: loginLink(url, { ...redirect, ...challenge, device }) };
};

/** Opens the login page here and waits for its answer on this machine. Undefined: no browser could be started. */
export async function loginInBrowser(
  { output, signal }: LoginServices,
  { url, auth }: BrowserLogin,
): Promise<Session | undefined> {
  const listener = await listenForCallback();
  let callback: Callback | undefined;
  try {
    const { redirectUri } = listener;
    const state = newVerifier();
    const { verifier, link } = begin(url, { redirect_uri: redirectUri, state });
    if (!(await openBrowser(link))) return undefined;
    output.info(`Log in in the browser. If it did not open, open this on this machine:\n  ${link}`);
    callback = await answerOf(listener.callback(AbortSignal.any([signal, AbortSignal.timeout(waitMs)])), signal);
    const session = await auth.exchangeLoginCode({ code: codeOf(callback.query, state), verifier, redirectUri });
    await callback.answer('You are logged in', 'This page can be closed; sfp goes on in the terminal.');
    return session;
  } catch (error) {
    const told = error instanceof SfpError ? `${error.message} ${error.suggestion ?? ''}` : 'Look into the terminal.';
    await callback?.answer('The login did not work', told);
    throw error;
  } finally {
    await listener.close();
  }
}

async function answerOf(answer: Promise<Callback>, interrupted: AbortSignal): Promise<Callback> {
  try {
    return await answer;
  } catch (cause) {
    if (interrupted.aborted) {
      const failure = { code: 'cancelled', message: 'The login was stopped before the browser answered.' };
      throw new SfpError({ ...failure, suggestion: 'Log in again: sfp login' }, { cause });
    }
    throw new SfpError(
      {
        code: 'login_timed_out',
        message: `The browser did not answer within ${waitMs / 60_000} minutes.`,
        suggestion: 'Log in again: sfp login. When the browser is on another machine: sfp login --no-browser',
      },
      { cause },
    );
  }
}

/** The code in the browser's answer, if that is one to this login. */
function codeOf(query: URLSearchParams, state: string): string {
  if (query.get('state') !== state) {
    throw new SfpError({
      code: 'login_state_mismatch',
      message: 'The browser’s answer belongs to another login.',
      suggestion: 'Close the login pages that are open, then log in again: sfp login',
    });
  }
  const code = query.get('code') ?? '';
  if (isLoginCode(code)) return code;
  if (query.get('error') === 'access_denied') {
    const failure = { code: 'cancelled', message: 'The login was cancelled in the browser.' };
    throw new SfpError({ ...failure, suggestion: 'Log in again: sfp login' });
  }
  throw new SfpError({
    code: 'login_code_invalid',
    message: 'The browser came back without a code.',
    suggestion: 'Log in again: sfp login, or without a redirect: sfp login --no-browser',
  });
}

/** For a browser on any machine: shows the link, and takes the code that the page shows. */
export async function loginElsewhere(
  { input, output }: LoginServices,
  { url, auth }: BrowserLogin,
  codeFromStdin: boolean,
): Promise<Session> {
  const { verifier, link } = begin(url, undefined);
  if (codeFromStdin) {
    output.info(`Open this in a browser, on any machine:\n  ${link}`);
    const code = (await input.readAll()).trim();
    if (isLoginCode(code)) return auth.exchangeLoginCode({ code, verifier });
    throw new SfpError({
      code: 'login_code_invalid',
      message: 'That is not the code, or a letter of it is wrong.',
      suggestion: 'Begin again, and copy all of it: sfp login --no-browser --code-stdin',
    });
  }
  if (!input.canAsk) {
    throw new SfpError({
      code: 'input_required',
      message: 'The login page shows a code to be typed here, and nobody can be asked.',
      suggestion: 'Give it on stdin: sfp login --no-browser --code-stdin. In scripts: sfp login --token-stdin',
    });
  }
  // In the question, so that no option hides the link.
  let question = `Open this in a browser, on any machine:\n\n  ${link}\n\nThe code that the page shows:`;
  for (;;) {
    const code = (await input.text(question, '--code-stdin')).trim();
    if (isLoginCode(code)) return auth.exchangeLoginCode({ code, verifier });
    question = 'That is not the code, or a letter of it is wrong. The whole code, from sfp_login_ on:';
  }
}
