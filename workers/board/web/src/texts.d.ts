/** What a program says in a language: made from the catalogue by vite.config.ts, for example virtual:texts/desk/zh. */
declare module 'virtual:texts/*' {
  const texts: Record<string, string>
  export default texts
}
