import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import type { Check } from './check.ts';

const answerMs = 4_000;
const day = 24 * 3_600_000;
const renewBeforeDays = 14;

/** What must be so for clients to reach a stack under its domain. Warnings: a balancer in front may answer for it. */
export const domainChecks = (domain: string, port = 443): readonly Check[] => [
  {
    id: 'domain',
    title: 'Domain',
    severity: 'warning',
    run: async () => {
      const own = Object.values(networkInterfaces()).flatMap(
        (addresses) => addresses?.map(({ address }) => address) ?? [],
      );
      let found: string[];
      try {
        found = (await lookup(domain, { all: true })).map(({ address }) => address);
      } catch {
        return { ok: false, evidence: `${domain} does not resolve`, remedy: `Add a DNS record for ${domain}.` };
      }
      return {
        ok: found.some((address) => own.includes(address)),
        evidence: `${domain} is ${found.join(', ')}`,
        remedy: `No interface of this machine has that address (it has ${own.join(', ')}). That is right behind NAT or a balancer, or with an engine elsewhere; else correct the DNS record.`,
      };
    },
  },
  {
    id: 'certificate',
    title: 'Certificate',
    severity: 'warning',
    run: async () => {
      const { certificate, refused } = await peerCertificate(domain, port);
      const days = Math.floor((Date.parse(certificate.valid_to) - Date.now()) / day);
      const evidence = `of ${certificate.issuer.O ?? certificate.issuer.CN}, valid until ${certificate.valid_to}`;
      return {
        ok: refused === null && days >= renewBeforeDays,
        evidence: refused === null ? evidence : `${evidence}: ${refused}`,
        remedy:
          'The edge gets and renews it by itself when ports 80 and 443 of the domain lead to it; its log says why it could not.',
      };
    },
  },
];

/** What the server answers a TLS handshake with, trusted or not. */
function peerCertificate(
  host: string,
  port: number,
): Promise<{ certificate: DetailedPeerCertificate; refused: string | null }> {
  return new Promise((resolve, reject) => {
    // Untrusted ones are looked at, not used: nothing is sent.
    const socket = connect({ host, port, servername: host, rejectUnauthorized: false, timeout: answerMs });
    const end = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.once('timeout', () => end(new Error(`${host}:${port} does not answer`)));
    socket.once('error', (error) => end(new Error(`${host}:${port}: ${error.message}`)));
    socket.once('secureConnect', () => {
      const refused = socket.authorized ? null : String(socket.authorizationError);
      const certificate = socket.getPeerCertificate(true);
      socket.destroy();
      resolve({ certificate, refused });
    });
  });
}
