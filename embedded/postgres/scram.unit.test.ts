import { expect, test } from 'vitest';
import { scramVerifier } from './scram.ts';

// RFC 7677 section 3: user "user", password "pencil".
test('the verifier is the one of the standard’s example', () => {
  const verifier = scramVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'));
  expect(verifier).toBe(
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  );
});

test('every verifier has a salt of its own', () => {
  expect(scramVerifier('same')).not.toBe(scramVerifier('same'));
});
