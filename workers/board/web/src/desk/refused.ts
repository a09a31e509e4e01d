import { either, named } from '../shared/i18n'
import { lifeCycle } from '../shared/names'

/** A matter that is not taken here, with the number that its caller is handed over to. */
export function refusedName(name: string): string {
  const call = lifeCycle.value?.rules.handover?.find((h) => h.category === name)?.call
  return named('refused', name) + (call ? either(`（${call}）`, ` (${call})`) : '')
}
