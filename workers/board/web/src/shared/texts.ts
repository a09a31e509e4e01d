/**
 * Every text of the pages that is not a name from the rules or the city's files: one line each, Chinese and English side by side;
 * here those that desk and phone both show, the others in desk/texts.ts and phone/texts.ts. A browser gets those of its program in
 * its language (catalogue.ts). A missing one does not compile; texts.test.ts looks for those that nobody uses and for text elsewhere.
 */
export type Texts = Record<string, readonly [zh: string, en: string]>

export const commonTexts = {
  // ---- everywhere
  'app.signout': ['退出', 'Sign out'],
  'app.loading': ['正在载入…', 'Loading…'],
  'app.drill': ['演练', 'Drill'],
  'fault.missing': ['没有这项内容，或您无权查看', 'There is no such thing, or you may not see it.'],
  'fault.stale': [
    '案件已被他人更新，请核对后再办',
    'Somebody has changed this case meanwhile. Look again before you go on.',
  ],
  'fault.notnow': [
    '案件当前不允许此操作。可办：{allowed}',
    'The case does not allow this now. Possible: {allowed}',
  ],
  'fault.decided': ['{by} 已先作出决定：{cause}', '{by} was faster and has decided: {cause}'],

  // ---- wall
  'wall.late': ['已超时', 'broken'],

  // ---- my area
  'app.cancel': ['取消', 'Cancel'],
  'app.masked': ['不予显示', 'withheld'],
  'app.more': ['显示全部', 'Show all'],
  'app.less': ['收起', 'Show less'],

  // ---- a case
  'case.photo': ['照片 {n}', 'Photo {n}'],
  'return.PLACE': ['属地不符', 'wrong place'],
  'return.DUTY': ['职责不符', 'not our duty'],
  'return.OWNER_UNCLEAR': ['权属不清', 'owner unclear'],
  'return.NOT_ADMITTED': ['非准入事项', 'not admitted'],
  'return.DUPLICATE': ['重复', 'duplicate'],
  'return.INCOMPLETE': ['要素不全', 'incomplete'],
  // what a hotline's own catalogue may name beside the categories of the rules
  'category.lift': ['电梯', 'lift'],
  'category.leak': ['漏水', 'leak'],
  'category.noise': ['噪声', 'noise'],
  'category.light': ['照明', 'lighting'],
  'category.water': ['用水', 'water'],
  'category.waste': ['垃圾', 'waste'],
  'category.parking': ['停车', 'parking'],
  'post.callback': ['回访值班', 'call-back desk'],
  'post.desk': ['市级值班台', "the city's desk"],
  'post.leadership': ['领导小组', 'leadership'],
  'post.property': ['物业专班', 'property team'],
  'receiver.orderer': ['督办人', 'who has ordered'],
  'role.operator': ['运维', 'Operator'],
  'role.supervisor': ['主管部门', 'Supervisor'],
  'role.street': ['街道', 'Street'],
  'role.community': ['社区', 'Community'],
  'role.company': ['物业企业', 'Property company'],
  'role.call_centre': ['呼叫中心', 'Call centre'],
  'act.reason': ['原因', 'Reason'],
  'list.cut': ['显示 {n} 条，共 {total} 条', '{n} of {total} are shown'],
} as const satisfies Texts
