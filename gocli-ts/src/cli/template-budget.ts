import { parseSize } from '../shared/size.ts';

const VARIABLE = 'GOCLI_TEMPLATE_BUDGET';

/** Bytes that all templates may have together, when the user says so. @throws GocliError BAD_VALUE */
export function templateBudget(env: Readonly<Record<string, string | undefined>>): number | undefined {
  const text = env[VARIABLE];
  return text === undefined || text === '' ? undefined : parseSize(text, VARIABLE);
}
