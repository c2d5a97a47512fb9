import { spawn } from 'node:child_process';

/** What opens a link on each system; never through a shell, which would read the link's `&`. */
const openers: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['rundll32.exe', 'url.dll,FileProtocolHandler'],
};

/** Whether a browser can be expected to open where the person is: not over SSH, and on Linux not without a screen. */
export function hasBrowser(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): boolean {
  if (env.SSH_CONNECTION || env.SSH_TTY) return false;
  if (platform === 'darwin' || platform === 'win32') return true;
  return [env.DISPLAY, env.WAYLAND_DISPLAY, env.WSL_DISTRO_NAME].some((value) => value !== undefined && value !== '');
}

/** Opens a link in the browser; false when there is no program for that. It goes on by itself. */
export function openBrowser(link: string, platform: NodeJS.Platform = process.platform): Promise<boolean> {
  if (!/^https?:$/.test(new URL(link).protocol)) throw new Error(`not a link for a browser: ${link}`);
  const [program, ...args] = openers[platform] ?? ['xdg-open'];
  return new Promise((resolve) => {
    const child = spawn(program, [...args, link], { stdio: 'ignore', detached: true });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
