import { describe, expect, it } from 'vitest';
import { newApplicationToken } from '../../contracts/application-token.ts';
import { newInvitationCode } from '../../contracts/invitation.ts';
import { newLoginCode } from '../../contracts/login-code.ts';
import { Masker } from './mask.ts';

describe('Masker', () => {
  it('removes the values of variables whose name says secret, and only those', () => {
    const masker = Masker.forVariables({ DEPLOY_TOKEN: 'hunter2hunter2', REGION: 'eu-central' });
    expect(masker.apply('token=hunter2hunter2 region=eu-central')).toBe('token=*** region=eu-central');
  });

  it('removes a secret that contains another one whole', () => {
    const masker = new Masker(['secret', 'secret-and-more']);
    expect(masker.apply('x secret-and-more y secret z')).toBe('x *** y *** z');
  });

  it('removes each line of a multi-line secret', () => {
    const masker = new Masker(['-----BEGIN KEY-----\nabcdefghijkl\n-----END KEY-----']);
    expect(masker.apply('leaks abcdefghijkl here')).toBe('leaks *** here');
  });

  it('leaves values alone that are too short to be secrets', () => {
    expect(new Masker(['on']).apply('on and on')).toBe('on and on');
  });

  it.each([
    ['our own token', newApplicationToken()],
    ['a code of a login', newLoginCode()],
    ['our own invitation', newInvitationCode()],
    ['a secret key', 'sb_secret_abcdefghijklmnopqrstuv_12345678'],
    ['a GitHub token', `ghp_${'a1'.repeat(18)}`],
    ['a JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJlLXBhcnQ'],
  ])('removes %s wherever it comes from', (_, secret) => {
    expect(new Masker([]).apply(`got ${secret}!`)).toBe('got ***!');
  });

  it('removes the password of a URL and keeps the rest', () => {
    expect(new Masker([]).apply('clone https://me:pa55word@git.example/x.git')).toBe(
      'clone https://me:***@git.example/x.git',
    );
  });
});
