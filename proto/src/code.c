/* Words for the codes of refusals. See hongxin/code.h. */
#include "hongxin/code.h"

#include <stdio.h>
#include <string.h>

static const struct hx_code list[] = {
    /* an event and its case */
    {"NOT_NOW", "案件当前不允许", "the case does not allow it now"},
    {"ALREADY", "已有人办理", "somebody has done it already"},
    {"ARRIVED_ALREADY", "已有更早的到场记录", "an earlier arrival is recorded"},
    {"HELD_ALREADY", "已有人签收", "somebody has taken it already"},
    {"EVIDENCE_MISSING", "凭证不足", "evidence is missing"},
    {"BEFORE_REPORT", "早于受理时间", "before it was reported"},
    {"BAD_TIME", "时间不合理", "the time cannot be right"},
    {"DATE_PAST", "日期已过", "the date is past"},
    {"MISSING_FIELD", "缺少必填项", "something is missing"},
    {"TOO_LONG", "内容过长", "too long"},
    {"MASKED_VALUE", "不能提交被隐藏的内容", "what is withheld cannot be written back"},
    {"NO_RIGHT", "无权办理", "no right to do this"},
    {"FOREIGN_PARTY", "不能代表此单位", "not by this party"},
    {"FOREIGN_AREA", "不属本辖区", "not of this area"},
    {"NO_CASE", "没有这个案件", "there is no such case"},
    {"UNKNOWN_HOLDER", "没有这个承办单位", "there is no such holder"},
    {"UNKNOWN_CLASS", "没有这个等级", "there is no such class"},
    {"UNKNOWN_PLACE", "没有这个地点", "there is no such place"},
    {"NO_PLACE", "需要地点", "a place is needed"},
    {"SAME_PERSON", "须由另一人办理", "another person has to do this"},
    {"RETURN_REASON", "退单原因不符", "not a reason for a return"},
    {"ONSITE_CODE_WRONG", "现场码不符", "the on-site code is wrong"},
    {"ONSITE_CODE_MISSING", "缺少现场码", "without an on-site code"},
    {"DEVICE_UNKNOWN", "终端未登记", "the device is not registered"},
    {"DEVICE_OF_ANOTHER", "终端属于其他单位", "the device is of somebody else"},
    {"DEVICE_SIGNATURE", "终端签名不符", "the signature of the device is wrong"},
    {"DEVICE_NO_NUMBER", "终端未编号", "the device has not numbered it"},
    {"SOURCE_SEQ_REPEATED", "来源序号重复", "the number of the source has been used"},
    {"DEVICE_SEQ_REPEATED", "终端编号重复", "the number of the device has been used"},
    {"BAD_ROLE", "身份不符", "not in this role"},
    {"PAUSE_NO_PROOF", "缺少暂停依据", "the proof for this pause is missing"},
    {"PAUSE_REASON", "暂停原因不符", "not a reason for a pause"},
    {"PLAN_INCOMPLETE", "方案不完整（需步骤和责任人）", "the plan needs steps and a person"},
    {"PLAN_NO_DATE", "方案缺少完成日期", "the plan has no date to come"},
    {"NO_PERSON", "需要写明责任人", "a person has to be named"},
    {"UNKNOWN_CLOCK", "案件没有这个时限", "the case has no such clock"},
    {"UNKNOWN_UNIT", "没有这个协办单位", "there is no such unit"},
    {"UNKNOWN_PARTY", "没有这个当事方", "there is no such party"},
    {"REF_TAKEN", "外部编号已被使用", "the reference is taken"},
    {"NOT_AWAITED", "该时限未在计时", "this clock does not run"},
    {"NO_RECEIPT", "缺少接收系统的回执", "the receipt of the receiving system is missing"},
    {"NO_DISPUTE", "没有这项异议", "there is no such dispute"},
    {"CONFLICT", "同一编号已提交过不同内容", "sent before with other words"},
    {"STALE_VERSION", "案件已被他人更新", "the case has changed meanwhile"},
    {"EARLIER_CYCLE", "属于上一轮办理", "it belongs to an earlier cycle"},
    {"NOT_HOLDER", "本单位不是承办单位", "the case is not with this company"},
    {"OTHER_HOLDER", "不是现承办单位", "the case is with another holder now"},
    {"TOO_LATE", "已超过申请时间", "it is too late for that"},
    {"NO_RETURN_LEFT", "退单次数已用完", "no further return is possible"},
    {"RETURN_REFUSED", "退单已多次被退回", "returns were refused too often"},
    {"SAME_REASON", "同一原因已申请过", "the same reason was given before"},
    {"ONLY_OWNER_UNCLEAR", "只能以权属不清为由，并须现场码",
     "only for an unclear owner, with the on-site code"},
    {"NO_CLASS", "案件尚未定级", "the case has no class yet"},
    {"UNIT_ASKED", "该单位已在协办", "this unit assists already"},
    {"UNIT_IS_HOLDER", "该单位就是承办单位", "this unit is the holder"},
    {"FINAL", "街道已作最终决定", "the street has decided for good"},
    {"IS_A_DRILL", "这是演练案件", "this is a drill"},
    {"NOT_A_DRILL", "这不是演练案件", "this is no drill"},
    {"NEEDS_L3", "须由街道或市级办理", "the street or the city has to say so"},
    {"PLAN_NEEDS_L3", "方案日期过远，须街道或市级申报",
     "a plan so far ahead is for the street or the city"},
    {"OTHER_PLACE", "不属该辖区管辖", "another place decides about it"},
    {"OTHER_PERSON", "须由本人办理", "another person has to say so"},
    {"OTHER_CHANNEL", "须从原受理渠道或凭查询码办理",
     "only from where it was reported, or with its secret"},
    {"OTHER_MOVE", "另有调整申请待批", "another move of this deadline waits"},
    {"OTHER_MERGED", "目标案件本身已并单，须先撤销其并单",
     "the other case is merged itself: take that back first"},
    {"OTHER_NOT_OPEN", "目标案件已办结或相同", "the other case is closed or the same one"},
    {"ABOUT_NO_CASE", "与案件无关的事项", "it is about no case"},
    {"CALLER_IS_HOLDER", "承办单位不能自行回访", "the holder cannot call back itself"},
    {"CALLER_COMPLAINED_OF", "被投诉方不能办理", "not by the one complained of"},
    {"CLOCK_NOT_RUNNING", "该时限未在计时", "this clock does not run"},
    {"CASE_FULL", "案件内容已满", "the case can hold no more"},
    {"HOLDER_TRIED", "该单位已承办过此案", "this holder has had the case"},
    {"SAME_HOLDER", "已由该单位承办", "it is with this holder already"},
    {"IN_SCOPE", "属于本热线受理范围", "it is a matter of ours"},
    {"LENGTHENS", "会延长时限，须第二人批准",
     "it makes a deadline later: a second person has to agree"},
    {"NOBODY_CONFIRMED", "无其他诉求人确认解决", "no other reporter has confirmed it"},
    {"NOBODY_ELSE", "没有其他诉求人", "nobody else reported it"},
    {"NOTHING_ASKED", "没有待审的改级申请", "no change of class waits"},
    {"NOTHING_TO_PAUSE", "没有可暂停的时限", "no clock runs that may pause for this"},
    {"NOT_ADMITTED", "非社区准入事项", "not an admitted task of the community"},
    {"NOT_RECEIVER", "不是该通知的接收人", "the notice was not for you"},
    {"NOT_REPORTER", "须由诉求人提出", "the reporter has to ask for it"},
    {"NOT_SOLVED_THERE", "所并案件尚未办结", "the case it was merged into is not solved"},
    {"NOT_SPECIAL", "该等级不需要方案", "this class asks for no plan"},
    {"NOT_UNIT", "不是协办单位", "not a unit that was asked"},
    {"NOT_ON_DUTY", "不在值班", "not on duty then"},
    {"NOT_EARLIER", "不早于已有记录", "not earlier than what is recorded"},
    {"NO_APPEAL", "没有待审申诉", "no appeal waits"},
    {"NO_BREACH", "没有可处理的超时", "there is no such breach"},
    {"NO_FOURTH_CYCLE", "已重办三轮，须开评议会", "no fourth cycle: a meeting is next"},
    {"NO_OUTAGE", "不在系统中断期间", "we were not down then"},
    {"NO_PARTY_WAITS", "该诉求人已回访", "this reporter has been asked already"},
    {"NO_PLAN", "尚未提交方案", "no plan is filed"},
    {"NO_SUCH_NOTICE", "没有这条待办通知", "no such notice is open"},
    {"NO_SUCH_SILENCE", "没有这项静默", "this is not silent now"},
    {"NO_UNIT", "未请该单位协办", "this unit was not asked"},
    {"OBJECTED_BEFORE", "已提出过异议", "a plan was objected to before"},
    {"OTHERS_LEFT", "还有其他诉求人，仅本人退出",
     "others reported it, too: the case goes on for them"},
    {"OTHERS_WAIT", "其他诉求人待回访", "other reporters wait for their call"},
    {"PARTY_ALREADY", "已是本案诉求人", "is a party already"},
    {"PAUSE_OVER_BUDGET", "暂停总时长超过时限", "all pauses together are too long"},
    {"PAUSE_OVER_CAP", "超过该原因的暂停上限", "longer than this reason allows"},
    {"PAUSE_TOO_OFTEN", "暂停次数过多", "paused too often"},
    {"PRESSURE_CHECK", "须先核实是否受压", "pressure has to be ruled out first"},
    {"REPEAT_OF_OPEN", "所重复的案件尚未办结", "the case it repeats is still open"},
    {"REFUTES_NOTHING", "不能推翻超时", "it refutes no breach"},
    {"SAFETY", "涉及安全，不能撤诉", "safety is at stake"},
    {"SILENCE_TOO_LONG", "静默时间过长", "silent for too long"},
    {"TOO_MANY_SILENCES", "静默过多", "too many are silent"},
    {"TRIES_LEFT", "回访未满三次", "not yet the third try"},
    {"TWICE_AT_ONCE", "同时重复提交", "twice at once"},
    {"TWO_AREAS", "涉及两个辖区", "two areas at once"},
    {"WINDOW_OVER", "已过重办期限", "the time for reopening is over"},
    {"NO_DRILL_RIGHT", "无权演练", "no right to drill"},
    {"DRILL_MIX", "演练与真实案件不能混用", "drills and real cases do not mix"},
    {"FOREIGN_POST", "不是本人岗位", "not your post"},
    {"BAD_PERSON", "人员不符", "not such a person"},
    {"BAD_STRETCH", "时段不符", "not such a stretch of time"},
    {"LEAVES_A_HOLE", "会造成空岗", "it would leave a gap"},
    {"NO_SWAP", "没有这项换班", "no such swap waits"},
    {"NO_SWAPS", "未启用换班", "swaps are not in use"},
    {"SWAP_DECIDED", "换班已有决定", "the swap is decided"},
    {"SWAP_TOO_LATE", "已过换班时间", "too late for a swap"},
    {"TOO_MANY_SWAPS", "换班过多", "too many swaps"},
    {"IMPORT_STATE", "导入状态不符", "not the state its history ends in"},
    {"IMPORT_EVENT", "导入的事项不符", "an event that no history may hold"},
    {"IMPORT_NO_EVENTS", "导入的经过缺失", "without its history"},

    /* a message, and what it is sent with */
    {"UNDECODABLE", "无法解析", "it cannot be decoded"},
    {"UNREADABLE", "无法读取", "it cannot be read"},
    {"OVERSIZE", "内容超过上限", "larger than is taken"},
    {"TOO_MANY_PARTS", "组成部分过多", "it has too many parts"},
    {"IDENTITY_TOO_LARGE", "身份信息过长", "the identity is too large"},
    {"IDENTITY_NOT_EXPECTED", "此事项不应附带身份", "no identity belongs to this event"},
    {"SECRET_WRONG", "查询码不符", "the secret is wrong"},
    {"SECRET_NOT_EXPECTED", "此事项不应附带查询码", "no secret belongs to this event"},
    {"INTERNAL", "系统内部错误", "an error of ours"},
    {"NO_ID", "缺少编号", "without an id"},
    {"NO_SOURCE", "缺少来源", "without a source"},
    {"NO_TYPE", "缺少事项类型", "without a type"},
    {"UNKNOWN_EVENT", "没有这种事项", "there is no such event"},
    {"BAD_UTF8", "文字编码不是 UTF-8", "text that is not UTF-8"},
    {"ONLY_WITH_REPORT", "只能随受理提交", "only with a report"},
    {"IMPORT_ORDER", "导入的经过时间顺序颠倒", "a history that runs backwards"},
    {"FOREIGN_SOURCE", "不能以此来源提交", "not under this source"},
    {"NO_CLAIM", "无权以此身份提交", "not in this name"},
    {"STORE_FULL", "存储空间不足", "no room is left in the store"},
    {"STORE_TROUBLE", "存储暂不可用", "the store does not answer"},
    {"OVER_QUOTA", "提交过于频繁", "more than may be sent in a second"},
    {"FAIR_SHARE", "此来源排队过多", "too much of this source waits"},
    {"TOO_MUCH_AT_ONCE", "一次提交过多", "too much at once"},
    {"CASE_UNKNOWN", "案件尚不存在", "the case is not there yet"},
    {"DENIED", "无权访问", "not permitted"},
    {"NO_REASON", "缺少理由", "a reason is needed"},
    {"NO_IDENTITY", "未保存身份", "no identity is kept"},
    {"LEGAL_HOLD", "案件处于法律保全", "the case is under a legal hold"},
    {"UNKNOWN_STATE", "没有这个状态", "there is no such state"},
    {"UNKNOWN_FLAG", "没有这个标记", "there is no such flag"},
    {"BUSY", "系统繁忙，请稍后重试", "too busy, again later"},
    {"STOPPING", "正在停止，请重新提交", "it closes: send it again"},
    {"NO_ANSWER_IN_TIME", "系统未及时答复，请重新提交", "no answer in time: send it again"},
    {"DAEMON_AWAY", "系统暂不可用，请重新提交", "the daemon is away: send it again"},
    {"NO_MEMORY", "内存不足", "out of memory"},
    {"REFUSED", "系统拒绝", "the daemon has refused it"},
    {"BAD_KEY", "须有一个 Idempotency-Key", "one Idempotency-Key is needed"},
    {"BAD_CASE", "案件编号不符", "not a case number"},
    {"BAD_NUMBER", "案件编号不符", "not a case number"},
    {"BAD_DATA", "data 字段不符", "data does not fit"},
    {"BAD_FIELD", "字段不符", "a field does not fit"},
    {"UNKNOWN_FIELD", "没有这个字段", "there is no such field"},
    {"BAD_QUERY", "查询条件不符", "the query does not fit"},
    {"BAD_BODY", "内容格式不符", "the body does not fit"},
    {"BAD_BATCH", "批量格式不符", "not a batch"},
    {"TOO_MANY_ITEMS", "批量条数过多", "too many items"},
    {"BAD_JSON", "不是 JSON", "not JSON"},
    {"NOT_JSON", "须为 UTF-8 的 application/json", "application/json in UTF-8 is expected"},
    {"JSON_TOO_DEEP", "JSON 嵌套过深", "JSON is nested too deep"},
    {"JSON_NOT_AN_OBJECT", "须为 JSON 对象", "a JSON object is expected"},
    {"NUL_IN_TEXT", "文字含空字符", "a text holds a NUL"},
    {"BODY_TOO_LARGE", "内容过大", "the body is too large"},
    {"NO_SUCH_PATH", "没有这个地址", "there is nothing at this path"},
    {"METHOD_NOT_ALLOWED", "不支持此方法", "not with this method"},
    {"BAD_ITEM", "批量中有一项不符", "an item does not fit"},
    {"BAD_ORDER", "工单格式不符", "not a work order"},
    {"BAD_HEADER", "请求头不符", "a header does not fit"},
    {"NO_TOKEN", "缺少令牌", "a token is needed"},
    {"BAD_TOKEN", "令牌不符", "the token is wrong"},
    {"BAD_SIGNATURE", "签名不符", "the signature is wrong"},
    {"SIGNATURE_TIME", "签名时间超出范围", "the time of the signature is too far away"},
    {"TOO_MANY_FAILURES", "令牌或签名多次不符，请稍后", "wrong too often, again later"},
    {"TOO_MANY_REQUESTS", "请求过于频繁", "too many requests"},
    {"REQUEST_TOO_SLOW", "请求发送过慢", "the request came too slowly"},
    {"NOT_READY", "尚未就绪", "not ready yet"},
    {"NO_KEY", "须有 Idempotency-Key", "an Idempotency-Key is needed"},
    {"NO_CATEGORY", "缺少事项类别", "a category is needed"},
    {"UNKNOWN_CATEGORY", "没有这个事项类别", "there is no such category"},
    {"BAD_PHONE", "电话号码不符", "not a telephone number"},
    {"FOREIGN_ID", "编号属于其他终端", "the id is another terminal's"},
    {"BAD_FORM", "表单格式不符", "the form does not fit"},
    {"BAD_PICTURE", "图片无法读取", "a picture cannot be read"},
    {"NOT_A_PICTURE", "不是图片", "not a picture"},
    {"NO_PICTURE", "没有这张图片", "there is no such picture"},
    {"PICTURE_TOO_LARGE", "图片过大", "a picture is too large"},
    {"PICTURE_TOO_SLOW", "图片处理过慢", "a picture takes too long to read"},
    {"TOO_MANY_PICTURES", "图片过多", "too many pictures"},
    {"TOO_MANY_PIXELS", "图片尺寸过大", "a picture has too many pixels"},
};

const struct hx_code *hx_code_all(size_t *n)
{
    *n = sizeof list / sizeof *list;
    return list;
}

const struct hx_code *hx_code_find(const char *name)
{
    for (size_t i = 0; name && i < sizeof list / sizeof *list; i++)
        if (!strcmp(list[i].name, name))
            return &list[i];
    return NULL;
}

/* What the message says behind the code: what stands before it, such as "HELD is not allowed in
 * CLOSED: ", is what the code means. */
static const char *behind(const char *message, const char *code)
{
    size_t n = strlen(code);
    const char *at = n ? strstr(message, code) : NULL;
    if (!at || (at > message && at[-1] != ' '))
        return message;
    if (at[n] == '\0')
        return "";
    return strncmp(at + n, ": ", 2) ? message : at + n + 2;
}

char *hx_code_line(const char *code, const char *message, char *out, size_t size)
{
    const struct hx_code *words = hx_code_find(code);
    const char *said = code ? code : "";
    const char *more = behind(message ? message : "", said);
    int n = snprintf(out, size, "%s%s%s%s%s", said, words ? " " : "", words ? words->zh : "",
                     *said && *more ? ": " : "", more);
    if (n > 0 && (size_t)n >= size && size) { /* cut: not in the middle of a letter */
        size_t end = size - 1;
        while (end && ((unsigned char)out[end - 1] & 0xc0) == 0x80)
            end--;
        out[end ? end - 1 : 0] = '\0';
    }
    return out;
}
