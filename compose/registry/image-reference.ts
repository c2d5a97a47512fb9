export interface ImageReference {
  /** host or host:port of the registry's API. */
  registry: string;
  repository: string;
  tag: string;
}

/** Reads a name as Docker does: the first part is a registry only when it looks like a host. */
export function parseImageReference(image: string): ImageReference {
  const [first = '', ...others] = image.split('/');
  const named = others.length > 0 && /[.:]|^localhost$/.test(first);
  const path = named ? others.join('/') : image;
  const [repository = path, tag = 'latest'] = path.split(':');
  if (named && first !== 'docker.io') return { registry: first, repository, tag };
  return {
    registry: 'registry-1.docker.io',
    repository: repository.includes('/') ? repository : `library/${repository}`,
    tag,
  };
}
