#include "cli/operate/doctor_texts.h"

#include <stdbool.h>
#include <string.h>

enum { PARTS = 6 };

struct sentence {
    const char *en, *zh;
};

/* The first that fits is taken, so narrow ones stand before wide ones. */
static const struct sentence list[] = {
    /* the journal */
    {"gap between LSN * and *", "LSN {1} 与 {2} 之间有缺口"},
    {"entry * cannot be decoded", "记录 {1} 无法解码"},
    {"entry * says it is *", "记录 {1} 自称为 {2}"},
    {"entry * follows a later one", "记录 {1} 排在更晚的记录之后"},
    {"entry * comes after *", "记录 {1} 排在 {2} 之后"},
    {"time runs backwards at entry *", "时间在记录 {1} 处倒退"},
    {"the replay cannot go on after this entry", "重放到此记录后无法继续"},
    {"*: the replay does not make this entry", "{1}：重放不产生此记录"},
    {"*: the replay makes an entry that is not there", "{1}：重放产生了没有的记录"},
    {"*: the replay makes it otherwise, first in *", "{1}：重放结果不同，首先在 {2}"},
    {"an event id is used again with another content, first at LSN *",
     "事件编号重复使用而内容不同，首次见于 LSN {1}"},
    {"a source's number is used again with another content, first at LSN *",
     "来源序号重复使用而内容不同，首次见于 LSN {1}"},
    {"the case number is used again with another content, first at LSN *",
     "案件编号重复使用而内容不同，首次见于 LSN {1}"},
    {"the entry holds the name of a reporter", "记录含有诉求人姓名"},
    {"the entry holds the number of a reporter", "记录含有诉求人电话"},
    {"the entry holds the * of a reporter", "记录含有诉求人地址"},
    {"an identity cannot be decrypted", "有身份信息无法解密"},
    /* cases and their rows */
    {"chain of case * is broken at LSN *", "案件 {1} 的记录链在 LSN {2} 处断开"},
    {"chain of case * does not end at its first entry", "案件 {1} 的记录链未止于首条记录"},
    {"case * has no row at *", "案件 {1} 在 {2} 处没有时限行"},
    {"case * next needs the engine at *, its row is at *",
     "案件 {1} 下一时点为 {2}，时限行却在 {3}"},
    {"case * cannot be decoded", "案件 {1} 无法解码"},
    {"case * is ahead of the journal", "案件 {1} 超前于日志"},
    {"a row names case *, which does not exist", "有一行指向不存在的案件 {1}"},
    {"a row names entry *, which does not exist", "有一行指向不存在的记录 {1}"},
    {"a row that does not follow from the journal", "有一行并非出自日志"},
    {"a row that follows from the journal is missing", "缺少一行日志应有的内容"},
    {"the row is not what follows from the journal", "该行与日志所得不符"},
    {"a row cannot be decoded: its key has * bytes", "有一行无法解码：其键长度为 {1} 字节"},
    {"a row has * bytes", "有一行长度为 {1} 字节"},
    {"differs from a rebuild at row *", "与重建结果不同，自第 {1} 行起"},
    {"open without a running deadline", "未办结，却没有在走的时限"},
    /* facts */
    {"* was told before it was due", "{1} 未到时点即已通知"},
    {"* was told twice to *", "{1} 重复通知 {2}"},
    {"a breach was written after the fact that met this deadline",
     "时限已按期完成，其后却记了超时"},
    {"a breach was noticed before it was due", "未到时点即发现超时"},
    {"a breach was written twice", "超时重复记录"},
    {"a mark fired * ms before it was due", "时点提前 {1} 毫秒触发"},
    {"* heard of a breach that is over and never that it is", "{1} 得知超时，却未得知其已解除"},
    {"the deadline is not what its parts give: * ms off", "时限与其各组成部分不符，相差 {1} 毫秒"},
    {"the owners' seconds add up to * ms, not to *", "各方用时合计 {1} 毫秒，应为 {2}"},
    {"the owners' seconds add up to * ms in *", "各方用时合计 {1} 毫秒，全程为 {2}"},
    {"closed by *, not by a call-back", "由 {1} 办结，未经回访"},
    {"the call-back was made by the party complained of", "回访由被投诉方进行"},
    {"* *: *s count *, * *", "{1} {2}：{3} 合计 {4}，{5} 为 {6}"},
};

struct piece {
    const char *at;
    size_t n;
};

/* Whether the text is this sentence; what stands for each `*` (as little as will do) in `parts`. */
static bool fits(const char *pattern, const char *text, struct piece parts[PARTS], size_t n)
{
    for (; *pattern != '*'; pattern++, text++) {
        if (*pattern != *text)
            return false;
        if (!*pattern)
            return true;
    }
    if (n == PARTS)
        return false;
    for (size_t length = 0;; length++) {
        parts[n] = (struct piece){text, length};
        if (fits(pattern + 1, text + length, parts, n + 1))
            return true;
        if (!text[length])
            return false;
    }
}

static char *put(char *to, const char *end, struct piece p)
{
    size_t n = p.n < (size_t)(end - to) ? p.n : (size_t)(end - to);
    if (n)
        memcpy(to, p.at, n);
    return to + n;
}

static const char *fill(const char *zh, const struct piece parts[PARTS], char out[DOCTOR_TEXT])
{
    char *to = out;
    const char *end = out + DOCTOR_TEXT - 1;
    while (*zh) {
        bool part = zh[0] == '{' && zh[1] >= '1' && zh[1] < '1' + PARTS && zh[2] == '}';
        to = put(to, end, part ? parts[zh[1] - '1'] : (struct piece){zh, 1});
        zh += part ? 3 : 1;
    }
    *to = '\0';
    return out;
}

const char *doctor_text_zh(const char *english, char out[DOCTOR_TEXT])
{
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        struct piece parts[PARTS] = {{"", 0}, {"", 0}, {"", 0}, {"", 0}, {"", 0}, {"", 0}};
        if (fits(list[i].en, english, parts, 0))
            return fill(list[i].zh, parts, out);
    }
    return english;
}
