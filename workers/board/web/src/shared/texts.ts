/**
 * Every text of the pages that is not a name from the rules or the city's files: one line each, Chinese and English side by
 * side. A missing one does not compile, and texts.test.ts looks for those that nobody uses and for text outside of here.
 */
export const texts = {
  // ---- everywhere
  'app.name': ['红心物业 54321', 'hongxin 54321'],
  'app.skip': ['跳到正文', 'Skip to content'],
  'app.language': ['English', '中文'],
  'app.language.hint': ['Switch to English', '切换为中文'],
  'app.dark': ['深色', 'Dark'],
  'app.light': ['浅色', 'Light'],
  'app.signout': ['退出', 'Sign out'],
  'app.loading': ['正在载入…', 'Loading…'],
  'app.csv': ['导出 CSV', 'Export CSV'],
  'app.drill': ['演练', 'Drill'],
  'app.all': ['全部', 'All'],
  'app.places': ['全市', 'The whole city'],
  'app.page': ['页面', 'Pages'],
  'state.connecting': ['正在连接…', 'Connecting…'],
  'state.live': ['实时', 'Live'],
  'state.away': ['连接中断，显示的是 {time} 的数据', 'Connection lost: shown as of {time}'],
  'state.ended': ['登录已失效', 'Your session has ended'],
  'state.daemon': [
    '守护进程无法访问，显示的数据不再更新',
    'The daemon cannot be reached: what is shown grows old',
  ],
  'state.scaled': ['演示：时间快 {n} 倍', 'Demonstration: time runs {n} times faster'],
  'fault.network': [
    '无法连接服务器，请检查网络后重试',
    'The server cannot be reached. Check the network and try again.',
  ],
  'fault.right': ['您无权查看或办理此项', 'You may not see or do this.'],
  'fault.missing': ['没有这项内容，或您无权查看', 'There is no such thing, or you may not see it.'],
  'fault.stale': [
    '案件已被他人更新，请核对后再办',
    'Somebody has changed this case meanwhile. Look again before you go on.',
  ],
  'fault.busy': [
    '系统繁忙或正在恢复，请稍后再试；已提交的不会丢失',
    'The system is busy or recovering. Try again; nothing is lost.',
  ],
  'fault.notnow': [
    '案件当前不允许此操作。可办：{allowed}',
    'The case does not allow this now. Possible: {allowed}',
  ],
  'fault.decided': ['{by} 已先作出决定：{cause}', '{by} was faster and has decided: {cause}'],
  'fault.other': ['未能完成（{code}）：{detail}', 'This did not work ({code}): {detail}'],

  // ---- sign-in
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
  // ---- time left
  'left.left': ['还剩 {time}', '{time} left'],
  'left.late': ['超时 {time}', '{time} late'],
  'left.still': ['已暂停', 'paused'],

  // ---- wall
  'wall.title': ['大屏', 'Wall'],
  'wall.now': ['当前', 'Now'],
  'wall.late': ['已超时', 'broken'],
  'wall.soon': ['10 分钟内到期', 'due in 10 min'],
  'wall.running': ['在办时限', 'running promises'],
  'wall.next': ['即将到期', 'What breaks next'],
  'wall.river': ['所有在办时限，按到期先后', 'Every running promise, in the order in which it breaks'],
  'wall.line': ['现在', 'now'],
  'wall.follow': ['回到现在', 'Back to now'],
  'wall.nothing': ['目前没有在办时限', 'No promise is running'],
  'wall.map': ['网格压力', 'Where it presses'],
  'wall.today': ['今日兑现', 'Today'],
  'wall.today.none': ['今天还没有到期的时限', 'Nothing has been judged today'],
  'wall.clock': ['时限', 'Promise'],
  'wall.kept': ['按时', 'kept'],
  'wall.broken': ['超时', 'broken'],
  'wall.rate': ['按时率', 'rate'],
  'wall.well': ['系统正常', 'All systems well'],
  'wall.ill': ['系统异常', 'Something is wrong'],
  'wall.lateness': ['提醒延迟 p99 {p99}，最大 {max}', 'Notices are late by {p99} (p99), {max} at most'],
  'map.grid': [
    '{name}：在办 {running}，将到期 {soon}，超时 {late}',
    '{name}: {running} running, {soon} soon due, {late} broken',
  ],
  'map.running': ['有在办', 'running'],
  'map.soon': ['将到期', 'soon due'],
  'map.late': ['有超时', 'broken'],
  'map.later': ['超时 3 件以上', '3 or more broken'],
  'map.none': ['没有网格边界', 'The city has no borders of grids'],

  // ---- an empty system
  'start.title': ['还没有任何案件，从这里开始', 'Nothing is here yet. Begin like this:'],
  'start.city': ['城市资料', 'The city'],
  'start.city.done': ['{version}，{grids} 个网格', '{version}, {grids} grids'],
  'start.city.how': [
    '在 hongxin.yaml 的 rules.city 中指定城市文件夹，示例见 config/city',
    'Name the folder of your city in rules.city of hongxin.yaml; config/city is a sample',
  ],
  'start.company': ['物业企业', 'A first company'],
  'start.company.done': ['{n} 家', '{n} companies'],
  'start.company.how': [
    '在 companies.csv 和 estates.csv 中登记物业企业及其小区',
    'List companies and their estates in companies.csv and estates.csv',
  ],
  'start.report': ['第一件投诉', 'A first complaint'],
  'start.report.here': ['在这里受理第一件投诉', 'Report one here'],
  'start.report.how': [
    '由呼叫中心受理，或用命令 hongxin publish 提交',
    'A call centre reports it, or the command hongxin publish',
  ],

  // ---- running promises
  'running.title': ['在办时限', 'Running promises'],
  'running.filter': ['筛选', 'Filter'],
  'running.only': ['显示', 'Show'],
  'running.left': ['剩余', 'Time left'],
  'running.case': ['案件', 'Case'],
  'running.clock': ['时限', 'Promise'],
  'running.place': ['地点', 'Place'],
  'running.holder': ['处置单位', 'Holder'],
  'running.state': ['状态', 'State'],
  'running.due': ['截止', 'Due'],
  'running.none': ['没有符合条件的在办时限', 'No running promise fits'],

  // ---- my area
  'area.title': ['我的辖区', 'My area'],
} as const satisfies Record<string, readonly [zh: string, en: string]>

export type Text = keyof typeof texts
