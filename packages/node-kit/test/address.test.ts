import { addressOf } from '@parley/node-kit';
import { describe, expect, it } from 'vitest';

const forwarded = (address: string) => addressOf({ 'x-forwarded-for': address }, '10.0.0.1');

describe('the address of a request', () => {
  it('is what the load balancer says, and else the other end of the connection', () => {
    expect(forwarded('203.0.113.7')).toBe('203.0.113.7');
    expect(addressOf({}, '10.0.0.1')).toBe('10.0.0.1');
    expect(addressOf({}, '::ffff:10.0.0.1')).toBe('10.0.0.1');
  });

  it('is the network of an IPv6 client, however it is written: one client has 2^64 addresses', () => {
    const network = '2001:db8:0:7::/64';
    const same = ['2001:db8:0:7::1', '2001:db8::7:1:2:3:4', '2001:0db8:0000:0007:ffff:ffff:ffff:ffff'];
    expect(same.map(forwarded)).toEqual([network, network, network]);
    expect(forwarded('2001:db8:0:8::1')).toBe('2001:db8:0:8::/64');
    expect(forwarded('::1')).toBe('0:0:0:0::/64');
  });
});
