import { execa } from 'execa';

/** What an engine changes on the machine's network, put back as it was: rules of the packet filter and its bridge. */
export async function hostNetwork(): Promise<{ putBack(): Promise<void> }> {
  const { stdout: rules } = await execa('iptables-save');
  const bridge = ['link', 'show', 'docker0'];
  const hadBridge = (await execa('ip', bridge, { reject: false })).exitCode === 0;
  return {
    putBack: async () => {
      await execa('iptables-restore', { input: `${rules}\n` });
      const hasBridge = (await execa('ip', bridge, { reject: false })).exitCode === 0;
      if (hasBridge && !hadBridge) await execa('ip', ['link', 'delete', 'docker0']);
    },
  };
}
