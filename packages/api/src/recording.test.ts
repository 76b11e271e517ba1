import { expect, test } from '@jest/globals';
import { Trouble } from '@overlay/runtime';
import type { OwnAct } from '@overlay/storage';
import { type Answer, answer, refuse } from './answer.ts';
import { makeRecording, NotRecorded, type Recorded } from './recording.ts';

const recorded: Recorded<[id: string], string> = {
  action: 'read',
  object: 'thing',
  asked: (id) => ({ id, unset: undefined }),
  rows: ({ length }) => (length === 0 ? undefined : length),
};

/** What happens, in its order; `failing` is the number of the act that cannot be written. */
function play(failing?: number) {
  const happened: (OwnAct | string)[] = [];
  let acts = 0;
  const recording = makeRecording(async (act) => {
    if (++acts === failing) throw new Error('the disk is full');
    happened.push(act);
    return acts;
  });
  const call = async (id: string): Promise<Answer<string>> => {
    happened.push('called');
    if (id === 'away') throw new Trouble('postgres.unreachable', 'gone');
    return id === 'none' ? refuse('not_found', 'there is none', '') : answer(id);
  };
  return { happened, recording, call };
}

const read = { action: 'read', object: 'thing' };

test('a question is on record after it was answered, and before the answer is given', async () => {
  const { happened, recording, call } = play();
  const ask = recording.question(recorded, call);
  expect(await ask('abc')).toEqual(answer('abc'));
  expect((await ask('none')).ok).toBe(false);
  await expect(ask('away')).rejects.toThrow(Trouble);
  expect(happened).toEqual([
    'called',
    { ...read, arguments: { id: 'abc' }, outcome: 'ok', rows: 3 },
    'called',
    { ...read, arguments: { id: 'none' }, outcome: 'refused', code: 'not_found' },
    'called',
    { ...read, arguments: { id: 'away' }, outcome: 'failed', code: 'postgres.unreachable' },
  ]);
});

test('an answer that gives nothing of the record is not on it', async () => {
  const { happened, recording, call } = play();
  await recording.question(recorded, call)('');
  expect(happened).toEqual(['called']);
});

test('what is done is on record before and after', async () => {
  const { happened, recording, call } = play();
  await recording.act(recorded, call)('abc');
  expect(happened).toEqual([
    { ...read, arguments: { id: 'abc' }, outcome: 'asked' },
    'called',
    { ...read, arguments: {}, outcome: 'ok', rows: 3, asked: 1 },
  ]);
});

test('a call that finds out first what it is about says so before it does it', async () => {
  const { happened, recording, call } = play();
  const doing = recording.intended(
    { ...recorded, doing: () => ({ by: 'ana', reason: 'case 17' }) },
    async (intend, id) => {
      if (id !== 'none') await intend({ subject: 7 });
      return call(id);
    },
  );
  await doing('abc');
  await doing('none');
  const by = { by: 'ana', reason: 'case 17' };
  expect(happened).toEqual([
    { ...read, ...by, arguments: { id: 'abc', subject: 7 }, outcome: 'asked' },
    'called',
    { ...read, ...by, arguments: {}, outcome: 'ok', rows: 3, asked: 1 },
    'called',
    { ...read, ...by, arguments: { id: 'none' }, outcome: 'refused', code: 'not_found' },
  ]);
});

test('what cannot be put on record is not done, and not answered', async () => {
  const asked = play(1);
  await expect(asked.recording.question(recorded, asked.call)('abc')).rejects.toThrow(NotRecorded);
  expect(asked.happened).toEqual(['called']);
  const done = play(1);
  await expect(done.recording.act(recorded, done.call)('abc')).rejects.toThrow(
    'not done, and not answered, because it cannot be put on record: the disk is full',
  );
  expect(done.happened).toEqual([{ ...read, arguments: { id: 'abc' }, outcome: 'refused', code: 'not_recorded' }]);
  const broken = play(2);
  await expect(broken.recording.act(recorded, broken.call)('abc')).rejects.toThrow(
    'it stands on record as asked, and may be done',
  );
});
