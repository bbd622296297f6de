import { until } from '@parley/testkit';
import { describe, expect, it } from 'vitest';
import { tellSteps } from '../src/cli/steps.ts';

function told(terminal: boolean) {
  let text = '';
  const steps = tellSteps({ write: (more) => void (text += more), terminal }, 5);
  return { steps, text: () => text };
}

describe('a step that lasts', () => {
  it('is told again and again in a pipe, by its name and its seconds, without anything that moves a cursor', async () => {
    const { steps, text } = told(false);
    steps.say('installing Redis with apt-get (once)');
    await until(() => /(still installing Redis with apt-get \(once\) \(0 s\)\n.*){2}/s.test(text()), {
      what: 'two reminders',
    });
    steps.done();
    expect(text()).toMatch(/^ +0\.0 s {2}installing Redis with apt-get \(once\)\n/);
    for (const steering of ['\r', '\u001b']) expect(text()).not.toContain(steering);
  });

  it('has a mark that moves and its seconds on a terminal, which the next step overwrites', async () => {
    const { steps, text } = told(true);
    steps.say('starting');
    await until(() => text().includes('⠋') && text().includes('⠙'), { what: 'the mark moves' });
    steps.say('next');
    steps.done();
    const drawn = text().split('\r\u001b[K');
    expect(drawn.slice(-2)).toEqual([expect.stringMatching(/ s {2}next\n$/), '']);
  });

  it('is told no more when it has ended, also after later news', async () => {
    const { steps, text } = told(false);
    steps.say('starting');
    await until(() => text().includes('still starting'), { what: 'a reminder' });
    steps.done();
    steps.say('node s1 is back');
    const before = text();
    const other = told(false);
    other.steps.say('elsewhere');
    await until(() => other.text().includes('still elsewhere'), { what: 'as much time has passed' });
    other.steps.done();
    expect(text()).toBe(before);
  });
});
