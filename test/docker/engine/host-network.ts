import { execa } from 'execa';

const emptyTables = {
  filter: ':INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]',
  nat: ':PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]',
};

/** What an engine changes on the machine's network, put back as it was: rules of the packet filter and its bridge. */
export async function hostNetwork(): Promise<{ putBack(): Promise<void> }> {
  const { stdout: saved } = await execa('iptables-save');
  // A table that had no rule is not saved at all; restored as an empty one it loses what was added.
  const untouched = Object.entries(emptyTables).filter(([name]) => !saved.includes(`*${name}\n`));
  const rules = [saved, ...untouched.map(([name, chains]) => `*${name}\n${chains}\nCOMMIT`)].join('\n');
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
