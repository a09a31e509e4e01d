export type Values = Record<string, string | number>

/** A text of the catalogue with its holes filled: "{n}" is replaced by `values.n`, in one pass. */
export function fill(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (all, key: string) => String(values[key] ?? all))
}
