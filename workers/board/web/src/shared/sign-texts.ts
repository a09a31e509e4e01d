/** The texts of the form for signing in, which comes without the rest of the catalogue (texts.ts holds them as well). */
export const signTexts = {
  'app.name': ['红心物业 54321', 'hongxin 54321'],
  'app.language': ['English', '中文'],
  'app.language.hint': ['Switch to English', '切换为中文'],
  'fault.network': [
    '无法连接服务器，请检查网络后重试',
    'The server cannot be reached. Check the network and try again.',
  ],
  'fault.right': ['您无权查看或办理此项', 'You may not see or do this.'],
  'fault.busy': [
    '系统繁忙或正在恢复，请稍后再试；已提交的不会丢失',
    'The system is busy or recovering. Try again; nothing is lost.',
  ],
  'fault.other': ['未能完成（{code}）：{detail}', 'This did not work ({code}): {detail}'],
  'sign.title': ['登录', 'Sign in'],
  'sign.lead': [
    '5 分钟到场，40 分钟、3 小时、2 天解决，1 天提出方案',
    'On site in 5 minutes; solved in 40 minutes, 3 hours, 2 days; a plan in 1 day',
  ],
  'sign.name': ['用户名', 'Name'],
  'sign.password': ['密码', 'Password'],
  'sign.code': ['六位动态码', 'Six-digit code'],
  'sign.code.hint': [
    '打开身份验证器应用，输入当前显示的六位数字',
    'Open your authenticator app and type the six digits that it shows',
  ],
  'sign.do': ['登录', 'Sign in'],
  'sign.doing': ['正在登录…', 'Signing in…'],
  'sign.wrong': ['用户名或密码不正确', 'Name or password is wrong'],
  'sign.wrongcode': ['动态码不正确，请输入最新的一个', 'That code is wrong. Type the newest one.'],
  'sign.locked': ['尝试次数过多，请等待 {time} 后再试', 'Too many wrong tries. Wait {time}, then try again.'],
  'sign.ticket': [
    '此一次性登录地址已使用或已过期，请用密码登录，或重新生成一个',
    'This one-time address has been used or is too old. Sign in with a password, or print a new one.',
  ],
  'sign.lost': [
    '登录已失效或权限已变更，请重新登录',
    'Your session has ended or your role has changed. Please sign in again.',
  ],
  'sign.show': ['显示密码', 'Show password'],
} as const
