const mayMount = process.getuid?.() === 0 ? [] : ['--user', '--map-current-user', '--keep-caps'];
const mountThenRun = 'mount -t tmpfs -o size=1m none "$0" && exec "$@"';

/** Before a command: it and what it starts find a file system of their own there, which is as good as full. */
export const withoutRoom = (directory: string): string[] => [
  ...['unshare', ...mayMount, '--mount', 'sh', '-c', mountThenRun],
  directory,
];
