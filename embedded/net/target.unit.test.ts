import { expect, test } from 'vitest';
import { parseTarget } from './target.ts';

test('what is beyond ASCII is escaped, in lower case, everything else is left as it was written', () => {
  expect(parseTarget('http://h:8080/ż/%7E?a=ż&b=%2F#frag')).toMatchObject({
    host: 'h:8080',
    port: 8080,
    path: '/%c5%bc/%7E?a=%c5%bc&b=%2F',
  });
});

test('credentials become Basic, and leave the address', () => {
  expect(parseTarget('https://user:p%40w@h/')).toMatchObject({
    basicAuth: `Basic ${btoa('user:p@w')}`,
    host: 'h',
    port: 443,
  });
});

test('an IPv6 host is dialled without its brackets', () => {
  expect(parseTarget('http://[::1]:5000')).toMatchObject({ hostname: '::1', host: '[::1]:5000', path: '/' });
});

test.each(['ftp://h/', 'file:///etc/passwd', 'nonsense', 'ws://h/'])('%s cannot be sent', (url) => {
  expect(parseTarget(url)).toBeNull();
});
