/** The form for signing in as HTML: the build puts it into sign.html (vite.config.ts), SignIn.vue into a page that has lost its session. */
import { signTexts } from './sign-texts'
import type { Language } from './time'

export type SignText = keyof typeof signTexts
export const signText = (name: SignText, language: Language): string =>
  signTexts[name][language === 'zh' ? 0 : 1]

const field = 'required autocapitalize="none" spellcheck="false"'

export function signMarkup(language: Language): string {
  const text = (tag: string, name: SignText, more = '') =>
    `<${tag} data-text="${name}"${more}>${signText(name, language)}</${tag.split(' ')[0]}>`
  return `<main class="sign-in">
<section class="promise">
<svg viewBox="0 0 96 96" width="64" height="64" aria-hidden="true"><path d="M48 82C8 54 14 18 40 28l8 8 8-8c26-10 32 26-8 54Z" fill="#fff"/></svg>
${text('p class="brand"', 'app.name')}
${text('p class="lead"', 'sign.lead')}
</section>
<form class="card" method="post" novalidate>
${text('h1', 'sign.title')}
<p class="message" role="alert" hidden></p>
${text('label for="sign-name"', 'sign.name')}
<input id="sign-name" name="username" autocomplete="username" maxlength="100" ${field}>
${text('label for="sign-password"', 'sign.password')}
<span class="with">
<input id="sign-password" name="password" type="password" autocomplete="current-password" maxlength="200" required>
<button type="button" class="eye" aria-pressed="false" data-label="sign.show" aria-label="${signText('sign.show', language)}">
<svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.8"><path d="M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12Z"/><circle cx="12" cy="12" r="3"/><path class="closed" d="M4 20 20 4"/></svg>
</button>
</span>
<div class="second" hidden>
${text('label for="sign-code"', 'sign.code')}
<input id="sign-code" inputmode="numeric" autocomplete="one-time-code" maxlength="7" aria-describedby="sign-code-hint">
${text('p id="sign-code-hint" class="quiet hint"', 'sign.code.hint')}
</div>
${text('button class="go"', 'sign.do', ' disabled')}
${text('button type="button" class="plain" translate="no"', 'app.language', ` lang="${language === 'zh' ? 'en' : 'zh-CN'}"`)}
</form>
</main>`
}
