import { expect, test } from '@jest/globals';
import { debianMirror, parseDeb822Sources, parseOneLineSources } from './apt-sources.ts';

const DEB822 = `# a comment
Types: deb deb-src
# in the middle
URIs: http://mirror.example/debian
Suites: bookworm
 bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: sid
Components: main

Types: deb-src
URIs: http://sources.example/debian
Suites: sid
Components: main
`;

test('deb822: comments, continued fields, paragraphs that are off or hold sources only', () => {
  expect(parseDeb822Sources(DEB822)).toEqual([
    {
      uri: 'http://mirror.example/debian',
      suites: ['bookworm', 'bookworm-updates'],
      components: ['main', 'contrib'],
      signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg',
    },
    {
      uri: 'http://mirror.example/debian-security',
      suites: ['bookworm-security'],
      components: ['main'],
      signedBy: undefined,
    },
  ]);
});

test('deb822: a key that stands in the file itself is no path', () => {
  const [source] = parseDeb822Sources(
    'Types: deb\nURIs: http://a/debian\nSuites: sid\nComponents: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINBF\n',
  );
  expect(source?.signedBy).toBeUndefined();
});

test('one-line form: options, comments, other lines', () => {
  const text = `# deb http://commented/debian sid main
deb [arch=amd64 signed-by=/etc/key.gpg] http://mirror.example/debian bookworm main contrib # why
deb-src http://mirror.example/debian bookworm main
deb http://mirror.example/debian-security bookworm-security main
`;
  expect(parseOneLineSources(text)).toEqual([
    {
      uri: 'http://mirror.example/debian',
      suites: ['bookworm'],
      components: ['main', 'contrib'],
      signedBy: '/etc/key.gpg',
    },
    {
      uri: 'http://mirror.example/debian-security',
      suites: ['bookworm-security'],
      components: ['main'],
      signedBy: undefined,
    },
  ]);
});

test('the mirror of Debian itself is chosen, not security and not a stranger', () => {
  const text = `deb http://other.example/apt stable main
deb http://mirror.example/debian-security bookworm-security main
deb http://mirror.example/debian/ bookworm main`;
  expect(debianMirror(parseOneLineSources(text))?.uri).toBe('http://mirror.example/debian/');
  expect(debianMirror(parseOneLineSources('deb http://a.example/ubuntu noble main'))).toBeUndefined();
});
