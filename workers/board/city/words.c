/* GET /api/v1/texts: the words of the daemon in one of two languages. What the life cycle names
 * comes from the life cycle in force, why something is refused from the table of all codes; here
 * stand only the names of the schema's own closed lists. */
#include "board/ask.h"
#include "board/city/rules.h"
#include "hongxin/code.h"

#include <string.h>

struct word {
    const char *kind, *name, *zh, *en;
};

static const struct word words[] = {
    {"level", "L0", "当班人员", "On duty"},
    {"level", "L1", "项目经理", "Project manager"},
    {"level", "L2", "社区与网格", "Community and grid"},
    {"level", "L3", "街道", "Street"},
    {"level", "L4", "市物业专班", "City's property team"},
    {"level", "L5", "市领导小组", "City's leadership"},
    {"owner", "citizen", "居民", "Citizen"},
    {"owner", "dispatcher", "分派", "Dispatcher"},
    {"owner", "holder", "承办单位", "Holder"},
    {"owner", "assisting", "协办", "Assisting unit"},
    {"owner", "arbiter", "裁定", "Arbiter"},
    {"owner", "force", "不可抗力", "Nobody's fault"},
    {"owner", "system", "系统", "Our system"},
    {"party", "reporter", "诉求人", "Reporter"},
    {"party", "dispatcher", "分派员", "Dispatcher"},
    {"party", "holder", "承办单位", "Holder"},
    {"party", "manager", "项目经理", "Project manager"},
    {"party", "community", "社区", "Community"},
    {"party", "grid", "网格", "Grid"},
    {"party", "street", "街道", "Street"},
    {"party", "city", "市级", "City"},
    {"party", "callback", "回访", "Call-back desk"},
    {"party", "operator", "运维", "Operator"},
    {"party", "unit", "协办单位", "Assisting unit"},
    {"party", "system", "系统", "System"},
    {"change", "START", "起算", "Started"},
    {"change", "STOP", "停止", "Stopped"},
    {"change", "MOVE", "调整", "Moved"},
    {"change", "PAUSE", "暂停", "Paused"},
    {"change", "RESUME", "恢复", "Resumed"},
    {"change", "VOID", "作废", "Void"},
    {"clock_state", "RUNNING", "计时中", "Running"},
    {"clock_state", "PAUSED", "暂停中", "Paused"},
    {"clock_state", "STOPPED", "已停止", "Stopped"},
    {"clock_state", "EXPIRED", "已到期", "Expired"},
    {"clock_state", "VOID", "作废", "Void"},
    {"notice", "REMINDER", "提醒", "Reminder"},
    {"notice", "WARNING", "预警", "Warning"},
    {"notice", "BREACH", "超时", "Overdue"},
    {"notice", "CORRECTION", "更正", "Correction"},
    {"notice", "ALL_CLEAR", "解除", "All clear"},
    {"notice", "DIGEST", "汇总", "Digest"},
    {"notice", "CASE", "案件", "Case"},
    {"held", "GROUP", "合并", "Grouped"},
    {"held", "LIMIT", "限量", "Limited"},
    {"held", "NIGHT", "夜间", "Night"},
    {"held", "INHIBITED", "无新内容", "Says nothing new"},
    {"mark", "REBUTTED", "已举证撤销", "Rebutted"},
    {"mark", "EXCLUDED", "已剔除", "Excluded"},
    {"mark", "VOID_RETURN", "退单作废", "Void by return"},
    {"mark", "APPEALED", "申诉中", "Appealed"},
    {"mark", "UNPROVEN", "无凭证", "Unproven"},
    {"proof", "CLAIM", "自报", "Claim"},
    {"proof", "SYSTEM", "系统观测", "Observed by a system"},
    {"proof", "CALL_RECORD", "话单", "Call record"},
    {"proof", "DEVICE_SIGNED", "终端签名", "Signed by a device"},
    {"proof", "ONSITE_CODE", "现场码", "On-site code"},
    {"delay", "OUTAGE", "系统中断", "Outage"},
    {"delay", "CLOCK_STEP", "时钟跳变", "Clock step"},
    {"mask", "text", "文字", "Text"},
    {"mask", "position", "坐标", "Coordinates"},
    {"mask", "building", "楼栋", "Building"},
    {"mask", "refs", "来源编号", "References"},
    {"mask", "callback", "回访代号", "Call-back reference"},
    {"count", "reported", "受理", "Reported"},
    {"count", "reopened", "重办", "Reopened"},
    {"count", "repeated", "重复投诉", "Reported again"},
    {"count", "closed", "结案", "Closed"},
    {"count", "routed_by_fallback", "转兜底单位", "Routed to the fallback"},
    {"count", "routed_no_company", "无物业，由社区承办", "No company: held by the community"},
    {"count", "not_admitted", "非准入事项", "Not an admitted task"},
    {"count", "exception", "按准入例外办理", "Admitted by exception"},
    {"count", "appealed", "申诉中", "Appealed"},
    {"count", "unproven", "无凭证", "Unproven"},
    {"count", "kept", "按时", "Kept"},
    {"count", "broken", "超时", "Broken"},
    {"count", "rebutted", "已举证撤销", "Rebutted"},
    {"count", "excluded", "已剔除", "Excluded"},
    {"count", "void_return", "退单作废", "Void by return"},
    {"dimension", "city", "全市", "The whole city"},
    {"dimension", "street", "街道", "Street"},
    {"dimension", "community", "社区", "Community"},
    {"dimension", "grid", "网格", "Grid"},
    {"dimension", "holder", "承办单位", "Holder"},
    {"yes", "true", "是", "yes"},
    {"yes", "false", "否", "no"},
    {"result", "ACCEPTED", "已受理", "Accepted"},
    {"result", "DUPLICATE", "重复提交", "Sent before"},
    {"result", "PARKED", "待归案", "Parked"},
    {"result", "NOT_ALLOWED", "当前不允许", "Not allowed now"},
    {"result", "REJECTED", "不予受理", "Out of scope"},
    {"result", "INVALID", "无效", "Invalid"},
};

static void put(json_t *all, const char *kind, const char *name, const char *text)
{
    json_t *of_kind = json_object_get(all, kind);
    if (!of_kind) {
        of_kind = json_object();
        json_object_set_new(all, kind, of_kind);
    }
    json_object_set_new(of_kind, name, json_string(text));
}

static const char *text_of(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text ? text : "";
}

static void add_list(json_t *all, const json_t *rules, const char *list, const char *kind,
                     const char *language)
{
    size_t i;
    json_t *row;
    json_array_foreach (json_object_get(rules, list), i, row)
        put(all, kind, text_of(row, "name"), text_of(row, language));
}

static void add_codes(json_t *all, bool english)
{
    size_t n;
    const struct hx_code *codes = hx_code_all(&n);
    for (size_t i = 0; i < n; i++)
        put(all, "code", codes[i].name, english ? codes[i].en : codes[i].zh);
}

json_t *rules_words(const struct rules *k, bool english)
{
    static const char *const lists[][2] = {{"states", "state"},
                                           {"classes", "class"},
                                           {"clocks", "clock"},
                                           {"events", "event"},
                                           {"pauses", "pause"}};
    const json_t *rules = json_object_get(rules_life_cycle_json(k), "rules");
    json_t *all = json_object();
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        put(all, words[i].kind, words[i].name, english ? words[i].en : words[i].zh);
    add_codes(all, english);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        add_list(all, rules, lists[i][0], lists[i][1], english ? "en" : "zh");
    return all;
}

void rules_texts(void *arg, struct http_request *r)
{
    struct board *b = arg;
    char language[4];
    if (!gate_session(b, r))
        return;
    bool known = query_language(r, language), english = strcmp(language, "en") == 0;
    if (!known) {
        query_wrong(r, "language is zh (also when it is missing) or en");
    } else if (!rules_known(b->rules)) {
        http_problem(r, 503, "DAEMON_AWAY", "the rules have not been read yet; again in a second");
    } else {
        http_answer_json_kept(r, json_pack("{s:s, s:o}", "language", english ? "en" : "zh", "words",
                                           rules_words(b->rules, english)));
    }
}
