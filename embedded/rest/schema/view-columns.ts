/** Where a column of a view comes from. */
export interface ColumnOrigin {
  relation: number;
  column: number;
}

/**
 * The outermost target list of a stored view query (`pg_rewrite.ev_action`, a dump of the node tree). There is no
 * function for it in SQL; entries look like `{TARGETENTRY :expr {…} :resno 1 :resname id … :resorigtbl 16 :resorigcol 1}`.
 */
function targetList(rule: string): string {
  const marker = ' :targetList (';
  let depth = 0;
  let start = -1;
  for (let at = 0; at < rule.length; at++) {
    const character = rule[at];
    if (character === '\\') at++;
    else if (character === '{') depth++;
    else if (character === '}') depth--;
    else if (depth === 1 && start < 0 && rule.startsWith(marker, at)) start = at + marker.length;
    else if (depth === 1 && start >= 0 && character === ')' && at >= start) return rule.slice(start, at);
  }
  return '';
}

/** Origin of each plain column of a view, by column number; computed columns are absent. */
export function viewColumns(rule: string): Map<number, ColumnOrigin> {
  const columns = new Map<number, ColumnOrigin>();
  const list = targetList(rule);
  let depth = 0;
  let start = 0;
  for (let at = 0; at < list.length; at++) {
    const character = list[at];
    if (character === '\\') at++;
    else if (character === '{') {
      if (depth === 0) start = at;
      depth++;
    } else if (character === '}') {
      depth--;
      if (depth > 0) continue;
      const entry = list.slice(start, at);
      const tail = /:resno (\d+) (?:(?!:resno ).)*:resorigtbl (\d+) :resorigcol (\d+) :resjunk (true|false)$/s.exec(
        entry,
      );
      const [, number, relation, column, junk] = tail ?? [];
      if (junk === 'false' && Number(relation) > 0 && Number(column) > 0)
        columns.set(Number(number), { relation: Number(relation), column: Number(column) });
    }
  }
  return columns;
}
