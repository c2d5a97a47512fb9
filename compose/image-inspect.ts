import { z } from 'zod';
import { engine } from './engine/docker-engine.ts';

const inspectedSchema = z.object({
  Id: z.string(),
  Os: z.string(),
  Architecture: z.string(),
  RepoTags: z.array(z.string()).nullish(),
  RepoDigests: z.array(z.string()).nullish(),
  RootFS: z.object({ Layers: z.array(z.string()).nullish() }),
});

/** An image that the engine has. */
export interface LocalImage {
  id: string;
  os: string;
  architecture: string;
  /** Digests of the unpacked layers. */
  layers: readonly string[];
  /** Every name that it has, with tag or digest. */
  references: readonly string[];
}

/** What the engine knows of an image; null when it has none of that name. */
export async function inspectImage(reference: string): Promise<LocalImage | null> {
  try {
    const { Id, Os, Architecture, RepoTags, RepoDigests, RootFS } = inspectedSchema.parse(
      await engine((client) => client.getImage(reference).inspect()),
    );
    return {
      id: Id,
      os: Os,
      architecture: Architecture,
      layers: RootFS.Layers ?? [],
      references: [...(RepoTags ?? []), ...(RepoDigests ?? [])],
    };
  } catch (error) {
    if (error instanceof Error && 'statusCode' in error && error.statusCode === 404) return null;
    throw error;
  }
}
