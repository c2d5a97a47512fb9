import { expect, it } from 'vitest';
import { hasBrowser, openBrowser } from './open-browser.ts';

it.each([
  [{}, 'linux', false],
  [{ DISPLAY: ':0' }, 'linux', true],
  [{ WAYLAND_DISPLAY: 'wayland-0' }, 'linux', true],
  [{ WSL_DISTRO_NAME: 'Debian' }, 'linux', true],
  [{ DISPLAY: 'localhost:10.0', SSH_CONNECTION: '10.0.0.1 1 10.0.0.2 22' }, 'linux', false],
  [{}, 'darwin', true],
  [{ SSH_TTY: '/dev/ttys001' }, 'darwin', false],
  [{}, 'win32', true],
] as const)('%o on %s: %s', (env, platform, expected) => expect(hasBrowser(env, platform)).toBe(expected));

it.each(['file:///etc/passwd', 'javascript:alert(1)', 'data:text/html,x'])('opens no %s', (link) => {
  expect(() => openBrowser(link)).toThrow('not a link for a browser');
});
