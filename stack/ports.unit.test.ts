import { describe, expect, it } from 'vitest';
import { listeningInodes } from './port-holder.ts';
import { allocatePorts, blockPorts, firstBlock, portNames } from './ports.ts';

const always = () => Promise.resolve(true);

describe('ports', () => {
  it('are a block below the range of outgoing connections', () => {
    for (const block of [0, 599, 600]) {
      const ports = Object.values(blockPorts(block));
      expect(new Set(ports).size).toBe(portNames.length);
      expect(Math.max(...ports)).toBeLessThan(32_768);
    }
    expect(blockPorts(600)).toEqual(blockPorts(0));
  });

  it('begin at the stack’s own block and go on to one that is free as a whole', async () => {
    const stackId = 'abcdef012345';
    const own = blockPorts(firstBlock(stackId));
    expect(await allocatePorts({ stackId, reserved: new Set(), isFree: always })).toEqual(own);
    const next = blockPorts(firstBlock(stackId) + 1);
    expect(await allocatePorts({ stackId, reserved: new Set([own.auth]), isFree: always })).toEqual(next);
    const isFree = (port: number) => Promise.resolve(port !== own.realtime);
    expect(await allocatePorts({ stackId, reserved: new Set(), isFree })).toEqual(next);
  });

  it('keep the chosen public port', async () => {
    const ports = await allocatePorts({ stackId: '00', reserved: new Set(), isFree: always, gateway: 8000 });
    expect(ports.gateway).toBe(8000);
  });

  it('fail when nothing is free', async () => {
    const none = { stackId: '00', reserved: new Set<number>(), isFree: () => Promise.resolve(false) };
    await expect(allocatePorts(none)).rejects.toMatchObject({ code: 'no_free_ports' });
  });

  it('find the listener in the kernel’s table', () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1 0',
      '   1: 0100007F:1F90 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 4343 1 0',
    ].join('\n');
    expect(listeningInodes(table, 8080)).toEqual(['4242']);
    expect(listeningInodes(table, 80)).toEqual([]);
  });
});
