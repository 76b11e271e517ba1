import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseAccount } from './accounts.ts';
import { parseInstallPlan } from './debian.ts';
import { examineMemory, examineNode, printFindings } from './doctor.ts';
import { tryLock, withLock } from './lock.ts';
import { parseMysqldVersion } from './mysql.ts';
import { parsePostgresMajor } from './postgres.ts';
import { kafkaAnswers, mysqlGreets, postgresAnswers } from './probes.ts';
import { lastLines } from './process.ts';
import { removeStackDirectory } from './stack-directory.ts';

test('versions as the servers print them', () => {
  expect(parseMysqldVersion('/usr/sbin/mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))')).toEqual({
    text: '9.7.4',
    major: 9,
  });
  expect(parseMysqldVersion('mysqld  Ver 10.11.6-MariaDB-0+deb12u1 for debian-linux-gnu')).toBeUndefined();
  expect(parsePostgresMajor('postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)')).toBe(15);
  expect(parsePostgresMajor('')).toBeUndefined();
});

test('the install plan: new packages, upgrades and packages with an architecture', () => {
  const plan = `Reading package lists...
Inst libc6 (2.43-7 Debian:unstable [amd64]) []
Inst zlib1g [1:1.2] (1:1.3-4 Debian:unstable [amd64])
Conf libc6 (2.43-7 Debian:unstable [amd64])`;
  expect(parseInstallPlan(plan)).toEqual(['libc6=2.43-7', 'zlib1g=1:1.3-4']);
});

test('an account is found by its whole name', () => {
  const passwd =
    'root:x:0:0::/root:/bin/sh\nmypostgres:x:5:5::/:/bin/sh\npostgres:x:101:104:,,,:/var/lib/postgresql:/bin/bash\n';
  expect(parseAccount(passwd, 'postgres')).toEqual({ uid: 101, gid: 104 });
  expect(parseAccount(passwd, 'nobody')).toBeUndefined();
});

test('a lock excludes until it is released', async () => {
  const name = `test ${process.pid}`;
  const lock = await tryLock(name);
  expect(lock).toBeDefined();
  expect(await tryLock(name)).toBeUndefined();
  const order: string[] = [];
  const waiting = withLock(
    name,
    async () => order.push('second'),
    () => order.push('waits'),
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  order.push('released');
  await lock?.release();
  await waiting;
  expect(order).toEqual(['waits', 'released', 'second']);
});

test('the doctor says what is lacking and what mends it', () => {
  expect(examineNode('20.1.0')).toMatchObject({ isMet: false, found: '20.1.0' });
  expect(examineNode('24.21.0').isMet).toBe(true);
  expect(examineMemory('MemTotal: 1 kB\nMemAvailable:   1048576 kB\n')).toMatchObject({
    isMet: false,
    found: '1.0 GiB',
  });
  expect(printFindings([examineNode('20.1.0')])).toContain('mend: npm run setup');
});

test('a probe is not fooled by a server that says something else, or nothing', async () => {
  const server = createServer((socket) => socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  expect(await mysqlGreets(port)).toBe(false);
  expect(await postgresAnswers(port, 'a', 'b')).toBe(false);
  expect(await kafkaAnswers(port)).toBe(false);
  await new Promise((resolve) => server.close(resolve));
  expect(await mysqlGreets(port)).toBe(false);
});

test('the last lines of a log, also of one that is not there', () => {
  const folder = mkdtempSync(join(tmpdir(), 'audit-overlay-log-'));
  const file = join(folder, 'x.log');
  writeFileSync(file, 'a\nb\nc\n');
  expect(lastLines(file, 2)).toEqual(['b', 'c']);
  expect(lastLines(join(folder, 'none'), 2)).toEqual([]);
  rmSync(folder, { recursive: true });
});

test('a directory without our mark is never emptied', () => {
  const folder = mkdtempSync(join(tmpdir(), 'audit-overlay-own-'));
  const file = join(folder, 'logs');
  writeFileSync(file, 'mine');
  removeStackDirectory(folder);
  expect(lastLines(file, 1)).toEqual(['mine']);
  rmSync(folder, { recursive: true });
});
