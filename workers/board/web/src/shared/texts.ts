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
  'code.NOT_NOW': ['案件当前不允许', 'the case does not allow it now'],
  'code.ALREADY': ['已有人办理', 'somebody has done it already'],
  'code.ARRIVED_ALREADY': ['已有更早的到场记录', 'an earlier arrival is recorded'],
  'code.HELD_ALREADY': ['已有人签收', 'somebody has taken it already'],
  'code.EVIDENCE_MISSING': ['凭证不足', 'evidence is missing'],
  'code.BEFORE_REPORT': ['早于受理时间', 'before it was reported'],
  'code.BAD_TIME': ['时间不合理', 'the time cannot be right'],
  'code.DATE_PAST': ['日期已过', 'the date is past'],
  'code.MISSING_FIELD': ['缺少必填项', 'something is missing'],
  'code.TOO_LONG': ['内容过长', 'too long'],
  'code.MASKED_VALUE': ['不能提交被隐藏的内容', 'what is withheld cannot be written back'],
  'code.NO_RIGHT': ['无权办理', 'no right to do this'],
  'code.FOREIGN_PARTY': ['不能代表此单位', 'not by this party'],
  'code.FOREIGN_AREA': ['不属本辖区', 'not of this area'],
  'code.NO_CASE': ['没有这个案件', 'there is no such case'],
  'code.UNKNOWN_HOLDER': ['没有这个承办单位', 'there is no such holder'],
  'code.UNKNOWN_CLASS': ['没有这个等级', 'there is no such class'],
  'code.UNKNOWN_PLACE': ['没有这个地点', 'there is no such place'],
  'code.NO_PLACE': ['需要地点', 'a place is needed'],
  'code.SAME_PERSON': ['须由另一人办理', 'another person has to do this'],
  'code.RETURN_REASON': ['退单原因不符', 'not a reason for a return'],
  'code.ONSITE_CODE_WRONG': ['现场码不符', 'the on-site code is wrong'],
  'code.ONSITE_CODE_MISSING': ['缺少现场码', 'without an on-site code'],
  'code.DEVICE_UNKNOWN': ['终端未登记', 'the device is not registered'],
  'code.DEVICE_OF_ANOTHER': ['终端属于其他单位', 'the device is of somebody else'],
  'code.DEVICE_SIGNATURE': ['终端签名不符', 'the signature of the device is wrong'],
  'code.DEVICE_NO_NUMBER': ['终端未编号', 'the device has not numbered it'],
  'code.SOURCE_SEQ_REPEATED': ['来源序号重复', 'the number of the source has been used'],
  'code.DEVICE_SEQ_REPEATED': ['终端编号重复', 'the number of the device has been used'],
  'code.BAD_ROLE': ['身份不符', 'not in this role'],
  'act.reason': ['原因', 'Reason'],
  'list.cut': ['显示 {n} 条，共 {total} 条', '{n} of {total} are shown'],
} as const satisfies Texts
