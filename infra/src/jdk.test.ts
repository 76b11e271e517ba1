import { expect, test } from '@jest/globals';
import { chooseJdk, type Jdk, parseJavaMajor, parseJavaVersion } from './jdk.ts';

const jdk = (major: number): Jdk => ({
  home: `/jvm/${major}`,
  java: `/jvm/${major}/bin/java`,
  major,
  version: `${major}.0.1`,
});

test.each([
  ['25.0.3', 25],
  ['21', 21],
  ['17.0.15', 17],
  ['1.8.0_392', 8],
  ['26-ea', 26],
])('%s is Java %i', (version, major) => {
  expect(parseJavaMajor(version)).toBe(major);
});

test('the version is read from a release file and from what java -version prints', () => {
  expect(parseJavaVersion('IMPLEMENTOR="X"\nJAVA_VERSION="25.0.3"\n')).toBe('25.0.3');
  expect(parseJavaVersion('openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime')).toBe('17.0.15');
  expect(parseJavaVersion('java: not found')).toBeUndefined();
});

test('a preferred JDK wins when it is new enough', () => {
  expect(chooseJdk([jdk(17), jdk(21), jdk(25)], ['/jvm/25'])).toEqual(jdk(25));
});

test('without a fitting preference it is the oldest that is new enough', () => {
  expect(chooseJdk([jdk(17), jdk(25), jdk(21)], ['/jvm/17'])).toEqual(jdk(21));
});

test('only old ones is none', () => {
  expect(chooseJdk([jdk(8), jdk(17)], ['/jvm/17'])).toBeUndefined();
});
