// Totals of the contract suites' reports as the table of docs/verification.md:
//   NO_COLOR=1 npm run contract | node scripts/contract-totals.mjs
import { text } from 'node:stream/consumers';

const totals = new Map();
let area;
for (const line of (await text(process.stdin)).split('\n')) {
  const head = /^(\S.*?) +equal +deviation +different +not claimed$/.exec(line);
  if (head) area = head[1];
  const row = /^(\S.*?) +(\d+) +(\d+) +(\d+) +(\d+)$/.exec(line);
  if (area === undefined || row === null) continue;
  const sums = totals.get(area) ?? [0, 0, 0, 0, 0];
  totals.set(area, [sums[0] + 1, ...row.slice(2).map((count, index) => sums[index + 1] + Number(count))]);
}
console.log('| suite | scenarios | equal | deviation | different | not claimed |');
console.log('|---|---|---|---|---|---|');
for (const name of [...totals.keys()].sort()) console.log(`| ${name} | ${totals.get(name).join(' | ')} |`);
