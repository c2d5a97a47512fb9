import { describe, expect, it } from 'vitest';
import { SfpError } from '../../contracts/error.ts';
import { parseProjectFile } from './project-file.ts';

const failure = (text: string): SfpError => {
  try {
    parseProjectFile(text, 'sfp.yaml');
  } catch (error) {
    if (error instanceof SfpError) return error;
    throw error;
  }
  throw new Error('the file was accepted');
};

describe('parseProjectFile', () => {
  it('accepts a file with a deploy step only', () => {
    expect(parseProjectFile('version: 1\ndeploy:\n  - name: go\n    run: "true"\n', 'sfp.yaml').deploy).toHaveLength(1);
  });

  it.each([
    ['a missing deploy', 'version: 1\n', 'deploy'],
    ['a key that nobody knows', 'version: 1\ndeploy:\n  - name: a\n    run: b\n    runn: c\n', 'line 5'],
    [
      'a wrong duration',
      'version: 1\ndeploy:\n  - name: a\n    run: b\n    timeout: soon\n',
      'line 5: deploy.0.timeout',
    ],
    ['a step without a command', 'version: 1\ndeploy:\n  - name: a\n', 'line 3: deploy.0.run'],
    ['broken YAML', 'version: 1\ndeploy: [\n', 'line'],
    ['an empty file', '', 'the file'],
  ])('names the place of %s', (_, text, expected) => {
    const error = failure(text);
    expect(error.code).toBe('project_file_invalid');
    expect(`${error.message}\n${error.detail ?? ''}`).toContain(expected);
    expect(error.suggestion).toBeDefined();
  });
});
