import { z } from 'zod';
import { listCommands } from '../../http/list-commands.ts';
import { notFound } from '../../http/problem.ts';
import { taskColumns, taskRowSchema } from '../../rows/task.ts';
import { type Database, fetchRows } from '../../services/database.ts';

export async function findTask(db: Database, id: string): Promise<z.output<typeof taskRowSchema>> {
  const query = db.from('tasks').select(taskColumns).eq('id', id).limit(1);
  const [task] = await fetchRows(query, z.array(taskRowSchema));
  if (task === undefined) throw notFound(`task: ${id}`, listCommands.tasks);
  return task;
}
