import { describe, expect, it } from 'vitest';
import { type LimitRates, RateLimits } from './rate-limits.ts';

const rates: LimitRates = {
  token: 150,
  verify: 30,
  signup: 30,
  otp: 30,
  magiclink: 30,
  recover: 30,
  resend: 30,
  user: 30,
};
const from = (address?: string) => ({ header: (name: string) => (name === 'x-real-ip' ? address : undefined) });

/** How many in a row are let through, of at most 100. */
function letThrough(limits: RateLimits, name: keyof LimitRates, address?: string): number {
  for (let count = 0; count < 100; count += 1) {
    try {
      limits.take(name, from(address));
    } catch {
      return count;
    }
  }
  return 100;
}

describe('RateLimits', () => {
  it('lets thirty through at once, of each kind and from each address', () => {
    const limits = new RateLimits('X-Real-IP', rates, () => 0);
    expect(letThrough(limits, 'token', '10.0.0.1')).toBe(30);
    expect(letThrough(limits, 'token', '10.0.0.2')).toBe(30);
    expect(letThrough(limits, 'signup', '10.0.0.1')).toBe(30);
    expect(() => limits.take('token', from('10.0.0.1'))).toThrow('Request rate limit reached');
  });

  it('then one at a time, as fast as its rate says, and never more than thirty again', () => {
    let now = 0;
    const limits = new RateLimits('X-Real-IP', rates, () => now);
    expect(letThrough(limits, 'token', 'a')).toBe(30);
    now += 2_000;
    expect(letThrough(limits, 'token', 'a')).toBe(1);
    now += 20_000;
    expect(letThrough(limits, 'token', 'a')).toBe(10);
    now += 3_600_000;
    expect(letThrough(limits, 'token', 'a')).toBe(30);
  });

  it('limits nobody without the setting, nor a request without the header', () => {
    expect(letThrough(new RateLimits(undefined, rates, () => 0), 'token', 'a')).toBe(100);
    expect(letThrough(new RateLimits('X-Real-IP', rates, () => 0), 'token')).toBe(100);
  });

  it('holds against an address also when very many others come', () => {
    let now = 0;
    const limits = new RateLimits('X-Real-IP', rates, () => now);
    letThrough(limits, 'token', 'a');
    now += 4_000;
    for (let other = 0; other < 50_000; other += 1) limits.take('token', from(`other ${other}`));
    expect(letThrough(limits, 'token', 'a')).toBe(2);
  });
});
