import { type Statement, statement } from '../driver/statement.ts';
import { subjectColumns } from './subject-row.ts';

/** One subject by its key: tenant, id. */
export function subjectReadStatement(s: string): Statement {
  return statement(`select ${subjectColumns} from ${s}.subject where tenant = $1::text and id = $2::text`);
}
