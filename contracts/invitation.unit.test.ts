import { expect, it } from 'vitest';
import { invitationLink, newInvitationCode, readInvitation } from './invitation.ts';

it('an invitation is read from its link or its code, and a wrong letter is seen', () => {
  const code = newInvitationCode();
  expect(readInvitation(` ${code}\n`)).toEqual({ code, url: undefined });
  expect(readInvitation(invitationLink('https://deploy.example.com/', code))).toEqual({
    code,
    url: 'https://deploy.example.com',
  });
  const wrong = `${code.slice(0, 20)}${code[20] === 'a' ? 'b' : 'a'}${code.slice(21)}`;
  for (const text of [wrong, '', 'sfp_inv_', `nonsense#${code}`, `https://deploy.example.com/#${wrong}`]) {
    expect(readInvitation(text)).toBeUndefined();
  }
});
