import type { Release, ReleaseChangelog } from '../../../contracts/release.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import type { Style } from '../../output/style.ts';
import { plainText } from '../../watch/plain-text.ts';
import { releaseArgument } from './release-options.ts';

export const command = defineCommand({
  description:
    'The commits between the build of each project and that of the finalized release before it, as far as builds recorded them.',
  args: releaseArgument,
  async run(context) {
    const { args, output } = context;
    const { releases } = (await connect(context)).api;
    const release = await releases.get(args.release);
    const changelog = await releases.changelog(release.id);
    output.result(changelog, (style) => changelogText(release, changelog, style));
  },
});

function changelogText({ name, builds }: Release, { projects }: ReleaseChangelog, style: Style): string {
  if (builds.length === 0) return `The release ${name} has no builds.`;
  return builds
    .map(({ projectId, project, number }) => {
      const { since = null, commits = [] } = projects[projectId] ?? {};
      const from = since === null ? 'the first release of it' : `since ${since.release}, build ${since.build}`;
      const head = `${style.paint('bold', project)}  build ${number}  ${style.paint('dim', from)}`;
      const lines = commits.map(
        ({ sha, author, subject }) =>
          `  ${style.paint('dim', sha.slice(0, 8))}  ${plainText(subject)}  ${style.paint('dim', plainText(author))}`,
      );
      return [head, ...(lines.length === 0 ? ['  nothing that is recorded'] : lines)].join('\n');
    })
    .join('\n\n');
}
