import type { TaskPatch } from '../store/task-store.ts';

/** Two patches as one: the later wins, stages and metadata are merged by key. */
export function mergePatch(earlier: TaskPatch, later: TaskPatch): TaskPatch {
  const merged: TaskPatch = { ...earlier, ...later };
  if (earlier.stages !== undefined && later.stages !== undefined)
    merged.stages = { ...earlier.stages, ...later.stages };
  if (earlier.metadata !== undefined && later.metadata !== undefined)
    merged.metadata = { ...earlier.metadata, ...later.metadata };
  return merged;
}
