/** What the form of sign-markup.ts does. The second factor is asked for only when the board says so; a lock-out counts down. */
import { Refused } from './api'
import { fill, type Values } from './fill'
import { signText, type SignText } from './sign-markup'
import { duration, type Language } from './time'

export interface SignIn {
  language: Language
  speak(next: Language): void
  enter(name: string, password: string, code: string): Promise<void>
  done(): void
  /** What is said from the start. */
  message?: SignText
}

class Form {
  private message: [SignText, Values] | null
  private lockedUntil = 0
  private busy = false
  private timer: ReturnType<typeof setInterval> | undefined

  constructor(
    private readonly root: HTMLElement,
    private readonly options: SignIn,
  ) {
    this.message = options.message ? [options.message, {}] : null
    const form = this.find<HTMLFormElement>('form')
    form.addEventListener('submit', (e) => {
      e.preventDefault()
      void this.go()
    })
    form.addEventListener('input', () => this.show())
    this.find('.eye').addEventListener('click', () => this.reveal())
    this.find('.plain').addEventListener('click', () => this.turn())
    this.say()
  }

  end(): void {
    clearInterval(this.timer)
  }

  private find<T extends HTMLElement = HTMLElement>(selector: string): T {
    return this.root.querySelector<T>(selector)!
  }

  private value(id: string): string {
    return this.find<HTMLInputElement>(`#sign-${id}`).value
  }

  private text(name: SignText, values: Values = {}): string {
    return fill(signText(name, this.options.language), values)
  }

  /** All texts, in the language that is spoken now. */
  private say(): void {
    const { language } = this.options
    for (const e of this.root.querySelectorAll<HTMLElement>('[data-text]'))
      e.textContent = this.text(e.dataset.text as SignText)
    for (const e of this.root.querySelectorAll<HTMLElement>('[data-label]'))
      e.setAttribute('aria-label', this.text(e.dataset.label as SignText))
    const other = this.find('.plain')
    other.lang = language === 'zh' ? 'en' : 'zh-CN'
    other.title = this.text('app.language.hint')
    this.show()
  }

  private show(): void {
    const locked = this.lockedUntil - Date.now()
    const said = this.find('.message')
    const text =
      locked > 0
        ? this.text('sign.locked', { time: duration(locked + 999, this.options.language) })
        : this.message
          ? this.text(...this.message)
          : ''
    if (said.textContent !== text) said.textContent = text
    said.hidden = !text
    const go = this.find<HTMLButtonElement>('.go')
    go.disabled = this.busy || locked > 0 || !this.value('name') || !this.value('password')
    go.textContent = this.text(this.busy ? 'sign.doing' : 'sign.do')
    if (locked <= 0) clearInterval(this.timer)
  }

  private turn(): void {
    this.options.language = this.options.language === 'zh' ? 'en' : 'zh'
    this.options.speak(this.options.language)
    this.say()
  }

  private reveal(): void {
    const field = this.find<HTMLInputElement>('#sign-password')
    const visible = field.type === 'password'
    field.type = visible ? 'text' : 'password'
    this.find('.eye').setAttribute('aria-pressed', String(visible))
  }

  private async go(): Promise<void> {
    if (this.busy || this.lockedUntil > Date.now()) return
    this.busy = true
    this.message = null
    this.show()
    try {
      await this.options.enter(
        this.value('name').trim(),
        this.value('password'),
        this.value('code').replace(/\s/g, ''),
      )
      this.options.done()
    } catch (error) {
      this.busy = false
      this.refused(error)
      this.show()
    }
  }

  private refused(error: unknown): void {
    const refused =
      error instanceof Refused ? error : new Refused(-1, { code: 'PAGE', detail: String(error) })
    if (refused.code === 'CODE_NEEDED') this.askCode()
    else if (refused.code === 'LOCKED') this.lock(refused.retryAfter || 60)
    else if (refused.status === 401) this.message = ['sign.wrong', {}]
    else if (refused.status === 0) this.message = ['fault.network', {}]
    else if (refused.away || refused.status === 429) this.message = ['fault.busy', {}]
    else if (refused.status === 403) this.message = ['fault.right', {}]
    else
      this.message = [
        'fault.other',
        { code: refused.code || String(refused.status), detail: refused.problem.detail ?? '' },
      ]
  }

  private askCode(): void {
    const second = this.find('.second')
    const field = this.find<HTMLInputElement>('#sign-code')
    if (!second.hidden && field.value) this.message = ['sign.wrongcode', {}]
    second.hidden = false
    field.value = ''
    field.focus()
  }

  private lock(seconds: number): void {
    this.lockedUntil = Date.now() + seconds * 1000
    clearInterval(this.timer)
    this.timer = setInterval(() => this.show(), 1000)
  }
}

/** Gives the form its life; the answer ends it. */
export function signForm(root: HTMLElement, options: SignIn): () => void {
  const form = new Form(root, { ...options })
  return () => form.end()
}
