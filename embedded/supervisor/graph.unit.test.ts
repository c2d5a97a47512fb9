import { describe, expect, it } from 'vitest';
import { dependents, startOrder } from './graph.ts';

const nodes = [
  { name: 'worker', needs: ['gateway', 'engine'] },
  { name: 'engine', needs: ['postgres'] },
  { name: 'postgres', needs: [] },
  { name: 'gateway', needs: [] },
];

describe('graph of services', () => {
  it('orders everything after what it needs', () => {
    expect(startOrder(nodes)).toEqual(['gateway', 'postgres', 'engine', 'worker']);
  });
  it('knows who must end first', () => {
    expect(dependents(nodes, 'postgres')).toEqual(['engine']);
    expect(dependents(nodes, 'worker')).toEqual([]);
  });
  it('refuses a cycle and an unknown need', () => {
    expect(() =>
      startOrder([
        { name: 'a', needs: ['b'] },
        { name: 'b', needs: ['a'] },
      ]),
    ).toThrow('a → b → a');
    expect(() => startOrder([{ name: 'a', needs: ['x'] }])).toThrow('a needs x');
  });
});
