import { expect, it } from 'vitest';
import { parseImageReference } from './image-reference.ts';

it.each([
  ['caddy:2', 'registry-1.docker.io', 'library/caddy', '2'],
  ['supabase/postgres:17.6', 'registry-1.docker.io', 'supabase/postgres', '17.6'],
  ['docker.io/kong/kong:3.9.3', 'registry-1.docker.io', 'kong/kong', '3.9.3'],
  ['ghcr.io/a/b/c:v1', 'ghcr.io', 'a/b/c', 'v1'],
  ['localhost:5000/x', 'localhost:5000', 'x', 'latest'],
])('reads %s as Docker does', (image, registry, repository, tag) => {
  expect(parseImageReference(image)).toEqual({ registry, repository, tag });
});
