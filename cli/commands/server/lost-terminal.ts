/**
 * For what must not stop in the middle: when the connection to the terminal is lost (SIGHUP, and every write fails from then
 * on) the command goes on to its end, which the journal tells.
 */
export function outliveTerminal(): void {
  process.removeAllListeners('SIGHUP');
  process.on('SIGHUP', () => undefined);
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners('error');
    stream.on('error', () => undefined);
  }
}
