import { z } from 'zod';
import { listCommands } from '../../http/list-commands.ts';
import { notFound } from '../../http/problem.ts';
import { type ScheduleRow, scheduleColumns, scheduleRowSchema } from '../../rows/schedule.ts';
import { type Database, fetchRows } from '../../services/database.ts';

export async function findSchedule(db: Database, id: string): Promise<ScheduleRow> {
  const query = db.from('schedules').select(scheduleColumns).eq('id', id).limit(1);
  const [schedule] = await fetchRows(query, z.array(scheduleRowSchema));
  if (schedule === undefined) throw notFound(`schedule: ${id}`, listCommands.schedules);
  return schedule;
}
