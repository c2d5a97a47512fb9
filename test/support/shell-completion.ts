import { execa } from 'execa';

/**
 * What bash offers at the end of a line, with the script that `sfp completion bash` printed.
 * @param program how `sfp` is called here
 */
export async function bashOffers(
  line: string,
  { script, program, env }: { script: string; program: readonly string[]; env: Record<string, string> },
): Promise<string[]> {
  const run = `sfp() { ${program.map((word) => `'${word}'`).join(' ')} "$@"; }
${script}
COMP_LINE="$1" COMP_POINT=\${#COMP_LINE}
_sfp
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = await execa('bash', ['-c', run, 'bash', line], { env, stdin: 'ignore' });
  if (stderr !== '') throw new Error(`bash said: ${stderr}`);
  return stdout.split('\n').filter((word) => word !== '');
}
